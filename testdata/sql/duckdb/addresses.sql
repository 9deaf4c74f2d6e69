-- What addresses.test asks, for DuckDB; check.py says how.

-- query seen
SELECT ip, min(t), max(t), count(*), count(DISTINCT arn) FROM events
WHERE regexp_full_match(ip, '(198\.51\.100|203\.0\.113)\.[0-9]+') GROUP BY ip ORDER BY 4 DESC, 2

-- query talkers
SELECT ip, count(*) FROM events GROUP BY ip ORDER BY 2 DESC, ip LIMIT 10

-- query new_on_the_day
SELECT count(DISTINCT ip), count(*) FROM events e WHERE t::DATE = '2026-03-04'
AND NOT EXISTS (SELECT 1 FROM events o WHERE o.ip = e.ip AND o.t < '2026-03-04')

-- query subnets
SELECT CASE WHEN regexp_full_match(ip, '[0-9.]+') THEN starts_with(ip, '10.')
  WHEN contains(ip, ':') THEN false END AS p, count(*), count(error) FROM events GROUP BY p ORDER BY p NULLS LAST

-- query addresses_or_names
SELECT CASE WHEN contains(ip, ':') THEN 'v6' WHEN regexp_full_match(ip, '[0-9.]+') THEN 'v4' ELSE 'name' END AS f,
  count(*), count(DISTINCT ip) FROM events GROUP BY f ORDER BY min(n)

-- query distinct_estimate
SELECT count(DISTINCT region), count(DISTINCT source) FROM events

-- query clients
SELECT nullif(regexp_extract(agent, '^\[?([A-Za-z-]+)[/ ]', 1), '') AS c, count(*) FROM events GROUP BY c ORDER BY 2 DESC, c NULLS LAST LIMIT 12

-- query strange_systems
SELECT DISTINCT arn, ip FROM events WHERE regexp_matches(lower(agent), '\bkali|parrot|pentoo') ORDER BY 1 NULLS LAST

-- query versions
SELECT 'CLI ' || split_part(split_part(split_part(agent, ' ', 1), '/', 2), '.', 1) || '.' || split_part(split_part(agent, '/', 2), '.', 2) AS c,
  count(*) FROM events WHERE starts_with(agent, 'aws-cli/') GROUP BY c ORDER BY 2 DESC, 1

-- query without_agent
SELECT category, count(*) - count(agent), count(agent) FROM events GROUP BY 1 ORDER BY min(n)

-- query names_of_hosts
SELECT split_part(ip, '.', -3) AS p, max(ip), count(*) FROM events WHERE ends_with(ip, '.amazonaws.com') GROUP BY p ORDER BY 3 DESC, 1 LIMIT 5
