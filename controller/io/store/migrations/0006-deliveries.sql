-- Which runs a message started is said by their ids; it is kept only to recognise it.
ALTER TABLE deliveries DROP COLUMN runs;
