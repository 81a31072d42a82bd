-- In the order in which they come: ordered by digest, each text went to another page than the one before it, and to see
-- whether one is there took as long as to read it.
CREATE TABLE objects_in_order (key INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, json TEXT NOT NULL) STRICT;
INSERT INTO objects_in_order (digest, json) SELECT digest, json FROM objects;
DROP TABLE objects;
ALTER TABLE objects_in_order RENAME TO objects;
