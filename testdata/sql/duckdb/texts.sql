-- query contains
SELECT count(*), count(DISTINCT id) FROM events WHERE contains(r::VARCHAR, 'DescribeInstances')

-- query nowhere
SELECT count(*) FROM events WHERE contains(r::VARCHAR, 'no such text anywhere')

-- query everywhere
SELECT count(*) FROM events WHERE contains(r::VARCHAR, '"eventVersion"')

-- query one_letter
SELECT count(*) FROM events WHERE contains(r::VARCHAR, '~')

-- query empty_pattern
SELECT count(*) FROM events

-- query start
SELECT count(*) FROM events WHERE starts_with(r::VARCHAR, '{"eventVersion')

-- query end
SELECT count(*) FROM events WHERE suffix(r::VARCHAR, '"}')

-- query across_rows
SELECT count(*) FROM events WHERE contains(r::VARCHAR, '}{')

-- query not_contains
SELECT count(*) FROM events WHERE NOT contains(r::VARCHAR, 'us-east-1')

-- query not_contains_with_text
SELECT name, length(r::VARCHAR) > 1000, count(*) FROM events
WHERE NOT contains(r::VARCHAR, 'ec2.amazonaws.com') AND starts_with(name, 'D') GROUP BY 1, 2 ORDER BY 1, 2

-- query in_order
SELECT count(*) FROM events WHERE r::VARCHAR LIKE '%"type":"AssumedRole"%"readOnly":false%'

-- query in_order_the_other_way
SELECT count(*) FROM events WHERE r::VARCHAR LIKE '%"readOnly":false%"type":"AssumedRole"%'

-- query gaps
SELECT count(*) FROM events WHERE regexp_matches(r::VARCHAR, '"Describe.nstances"')

-- query escaped
SELECT count(*) FROM events WHERE contains(r::VARCHAR, 'aws_') OR contains(r::VARCHAR, '100%')

-- query one_of
SELECT name, count(*) FROM events WHERE regexp_matches(r::VARCHAR, 'DeleteTrail|StopLogging|Console.ogin') GROUP BY 1 ORDER BY 2 DESC, 1

-- query one_of_and_another
SELECT name, count(*) FROM events
WHERE contains(r::VARCHAR, 'GetObject') AND contains(r::VARCHAR, 'AccessDenied') OR contains(r::VARCHAR, 'StopLogging') GROUP BY 1 ORDER BY 2 DESC, 1

-- query none_of
SELECT count(*) FROM events WHERE NOT regexp_matches(r::VARCHAR, 'Describe|List|Get')

-- query position
SELECT count(*), count(*) FROM events WHERE contains(r::VARCHAR, 'AccessDenied')

-- query position_zero
SELECT count(*) FROM events WHERE NOT contains(r::VARCHAR, 'AssumedRole')

-- query position_of
SELECT count(*) FROM events WHERE instr(r::VARCHAR, 'us-east-1') BETWEEN 1 AND 400

-- query position_exactly
SELECT count(*) FROM events WHERE instr(r::VARCHAR, 'eventVersion') = 3

-- query null
SELECT count(*) FILTER (contains(text(request, '$.bucketName'), 'log')), count(*) FILTER (NOT contains(text(request, '$.bucketName'), 'log')),
  count(*) FILTER (text(request, '$.bucketName') IS NULL) FROM events

-- query null_column
SELECT count(*) FROM events WHERE contains(text(r, '$.errorMessage'), 'not authorized')

-- query not_null_column
SELECT count(*) FROM events WHERE NOT contains(text(r, '$.errorMessage'), 'not authorized')

-- query with_others
SELECT id, 'eventVersion' FROM events WHERE source = 'iam.amazonaws.com' AND error IS NOT NULL AND contains(r::VARCHAR, 'arn:aws:iam::') ORDER BY t, id LIMIT 3

-- query ids
SELECT count(*), min(id), max(id) FROM events WHERE contains(id, 'abc')

-- query the_text_itself
SELECT length(r::VARCHAR) FROM events WHERE contains(r::VARCHAR, 'StopLogging') ORDER BY r::VARCHAR LIMIT 2

-- query and_another_condition_of_it
SELECT count(*) FROM events WHERE contains(r::VARCHAR, 'Describe') AND length(r::VARCHAR) > 1500

-- query regexp
SELECT count(*) FROM events WHERE regexp_matches(r::VARCHAR, '"eventName":"(Stop|Start)Logging"')

-- query joined
SELECT name, count(*) FROM events WHERE contains(r::VARCHAR, 'errorCode')
  AND name IN (SELECT name FROM events WHERE contains(r::VARCHAR, 'AccessDenied')) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5

-- query guarded
SELECT count(*) FROM events WHERE contains(r::VARCHAR, '"maxResults":') AND text(r, '$.requestParameters.maxResults')::INTEGER > 0
