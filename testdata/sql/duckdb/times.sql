-- What times.test asks, for DuckDB; check.py says how.

-- query literal_day
SELECT count(*) FROM events WHERE t <= TIMESTAMP '2026-03-03 00:00:00'

-- query literal_second
SELECT count(*) FROM events WHERE t > TIMESTAMP '2026-03-04 02:30:00'

-- query literal_iso
SELECT count(*) FROM events WHERE epoch(t) > epoch(TIMESTAMP '2026-03-04 02:30:00')

-- query literal_millis
SELECT count(*) FROM events WHERE strftime(t, '%Y-%m-%d %H:%M') = '2026-03-04 02:30'

-- query literal_offset
SELECT count(*) FROM events WHERE t >= '2026-03-04 02:30:00' AND t < '2026-03-04 03:00:00'

-- query literal_between
SELECT count(*), min(t), max(t) FROM events WHERE t >= '2026-03-04 01:47:00' AND t <= '2026-03-04 03:22:00'

-- query literal_in
SELECT name FROM events WHERE t IN ('2026-03-04 01:59:00', '2026-03-04 03:22:00') AND ip = '203.0.113.66' ORDER BY t

-- query literal_reversed
SELECT count(*) FROM events WHERE t > '2026-03-05 00:00:00' AND t <> '2026-03-05 00:00:01'

-- query typed
SELECT count(*) FROM events WHERE t::DATE = '2026-03-04'

-- query relative
SELECT count(*) FILTER (t > '2026-03-04'), count(*) FILTER (t > '2026-03-02'), count(*) FILTER (t > '2026-03-05') FROM events

-- query from_text
SELECT count(*) FROM events WHERE t > '2026-03-04 12:00:00'

-- query weekday_and_hour
SELECT isodow(t), hour(t), count(*) FROM events WHERE kind = 'IAMUser' GROUP BY 1, 2 HAVING count(*) > 2 ORDER BY 1, 2

-- query per_day
SELECT t::DATE, strftime(t, '%a'), count(*), count(*) FILTER (NOT readonly) FROM events GROUP BY 1, 2 ORDER BY 1

-- query nights
SELECT count(*), count(DISTINCT arn) FROM events WHERE hour(t) NOT BETWEEN 5 AND 21 AND text(r, '$.sessionCredentialFromConsole') = 'true'

-- query hidden
SELECT strftime(t, '%Y%m%d')::INT AS d, count(*), min(hour(t)), max(hour(t)) FROM events GROUP BY d HAVING d BETWEEN 20260303 AND 20260305 ORDER BY d

-- query buckets_of_ten_minutes
SELECT time_bucket(INTERVAL '10 minutes', t) AS s, count(*) FROM events WHERE ip = '203.0.113.66' GROUP BY s ORDER BY s

-- query formats
SELECT t, strftime(t, '%Y-%m-%dT%H:%M:%S.000'), strftime(t, '%Y/%m/%d %H:%M'), strftime(t, '%Y-%m-%d %H:%M:%S.000'), epoch(t),
  year(t), weekofyear(t), t::DATE FROM events WHERE name = 'StopLogging'
