-- 1,000 wide rows
-- @check eventname
SELECT * FROM trail WHERE eventname = 'DescribeInstances' LIMIT 1000
