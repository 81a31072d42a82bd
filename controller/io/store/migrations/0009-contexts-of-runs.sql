-- Which tenant context a run pins, so that it is known which objects are needed. Null in runs of before: their journals say it.
ALTER TABLE runs ADD COLUMN context_digest TEXT;
