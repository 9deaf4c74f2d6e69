-- AssumeRole join
SELECT s.eventsource, s.eventname, count(*) AS n
FROM (SELECT json_extract_scalar(element_at(responseelements, 'credentials'), '$.accessKeyId') AS accesskey FROM trail WHERE eventname = 'AssumeRole') AS r
JOIN trail AS s ON s.useridentity.accesskeyid = r.accesskey
GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 20
-- @duckdb
SELECT s.eventsource, s.eventname, count(*) AS n
FROM (SELECT json_extract_string(responseelements['credentials'], '$.accessKeyId') AS accesskey FROM trail WHERE eventname = 'AssumeRole') AS r
JOIN trail AS s ON s.useridentity.accesskeyid = r.accesskey
GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 20
-- @clickhouse
SELECT s.eventsource, s.eventname, count(*) AS n
FROM (SELECT JSONExtractString(responseelements['credentials'], 'accessKeyId') AS accesskey FROM trail WHERE eventname = 'AssumeRole') AS r
JOIN trail AS s ON s.useridentity.accesskeyid = r.accesskey
GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 20
