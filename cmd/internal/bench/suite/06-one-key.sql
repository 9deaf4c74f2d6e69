-- one access key
SELECT eventtime, eventsource, eventname, sourceipaddress FROM trail
WHERE useridentity.accesskeyid = '{{accesskey}}' ORDER BY 1, 2, 3, 4
