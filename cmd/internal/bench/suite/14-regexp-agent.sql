-- regexp on agent
SELECT count(*) FROM trail WHERE regexp_like(useragent, 'aws-cli/2\.[0-9]+|Boto3/1\.(2|3)[0-9]')
-- @duckdb
SELECT count(*) FROM trail WHERE regexp_matches(useragent, 'aws-cli/2\.[0-9]+|Boto3/1\.(2|3)[0-9]')
-- @clickhouse
SELECT count(*) FROM trail WHERE match(useragent, 'aws-cli/2\\.[0-9]+|Boto3/1\\.(2|3)[0-9]')
