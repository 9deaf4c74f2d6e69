-- distinct IDs
SELECT count(DISTINCT eventid) FROM trail
