-- one event by ID
-- @check eventid
SELECT * FROM trail WHERE eventid = '{{eventid}}'
