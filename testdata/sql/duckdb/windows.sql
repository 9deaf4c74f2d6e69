-- What windows.test asks, for DuckDB; check.py says how.

-- query gaps
SELECT name, t, epoch(t - lag(t) OVER (ORDER BY t))::BIGINT AS s FROM events WHERE key = 'ASIA5XQ7MZ3KQH6DJ2RT' ORDER BY s DESC NULLS LAST, t LIMIT 4

-- query top_calls_of_services
SELECT source, name, count(*) AS n, rank() OVER (PARTITION BY source ORDER BY count(*) DESC) AS p FROM events
WHERE source IN ('s3.amazonaws.com', 'iam.amazonaws.com', 'sts.amazonaws.com') GROUP BY 1, 2 QUALIFY p <= 2 ORDER BY 1, p, 2

-- query first_call_of_each
SELECT t, source, name, region FROM events WHERE ip = '203.0.113.66'
QUALIFY row_number() OVER (PARTITION BY source ORDER BY t, id) = 1 ORDER BY t

-- query running_bytes
SELECT t, sum((text(more, '$.bytesTransferredOut'))::DOUBLE) OVER (ORDER BY t ROWS UNBOUNDED PRECEDING) FROM events
WHERE key = 'ASIA3LNV6WYCP4TGE7KS' AND name = 'GetObject' AND error IS NULL ORDER BY t DESC LIMIT 3

-- query sessions
WITH o AS (SELECT ip, t, (t - lag(t, 1, TIMESTAMP '2000-01-01') OVER (PARTITION BY ip ORDER BY t) > INTERVAL 1 HOUR)::INT AS opens
  FROM events WHERE ip IN ('198.51.100.11', '203.0.113.66')),
v AS (SELECT ip, t, sum(opens) OVER (PARTITION BY ip ORDER BY t) AS visit FROM o)
SELECT ip, visit::INT, min(t), max(t), count(*) FROM v GROUP BY 1, 2 ORDER BY 1, 2

-- query neighbours
SELECT name, lead(name) OVER w, first_value(name) OVER w, count(*) OVER (PARTITION BY key), dense_rank() OVER w, ntile(3) OVER w
FROM events WHERE key IN ('ASIA5XQ7MZ3KQH6DJ2RT', 'ASIA5XQ7MZ3KW2PB7XEN') WINDOW w AS (PARTITION BY key ORDER BY t) ORDER BY key, t

-- query moving
SELECT t::DATE AS d, count(*) AS n, avg(count(*)) OVER (ORDER BY t::DATE ROWS 1 PRECEDING), sum(count(*)) OVER (ORDER BY t::DATE)::INT FROM events GROUP BY d ORDER BY d

-- query share_of_total
SELECT category, count(*) AS n, sum(count(*)) OVER ()::INT, percent_rank() OVER (ORDER BY count(*)) FROM events GROUP BY 1 ORDER BY n
