-- 1,000 wide rows
-- @check eventname
SELECT * FROM trail WHERE eventname = 'RunInstances' LIMIT 1000
