// Package synth makes CloudTrail archives of any size: the traffic of a made-up organization
// and, if asked for, an intrusion in it. Demo, tests and benchmarks live on them.
//
//	Options ── New ──► Generator ── Next ──► File ──► gzip below AWSLogs/ (Write)
//	                       │                  └────► its records          (Records)
//	                       ├ calls/*.txt   what services log, and how often
//	                       ├ population    accounts, roles, people, Regions
//	                       └ story         what the intruder does
//
// The files are those of a trail in S3, AWSLogs/[o-ORGID/]ACCOUNT/FOLDER/REGION/YYYY/MM/DD/
// ACCOUNT_FOLDER_REGION_YYYYMMDDTHHmmZ_<16 letters and digits>.json.gz, with FOLDER CloudTrail
// or CloudTrail-NetworkActivity; each is one line, {"Records":[{…},…]}. Records are written as
// CloudTrail's record contents define them for event versions 1.05 to 1.11: members that a version
// does not know are left out, the others stand in CloudTrail's order.
//
// Equal options give equal bytes, on any machine: every file has a random state of its own,
// seeded by its number, and all arithmetic is of integers. Only one file is held in memory.
//
// # What is in an archive
//
// About three quarters of the events are management events, a quarter data events (S3, Lambda,
// DynamoDB, SQS, …), one in a hundred network activity. Callers are roles of programs and
// pipelines, AWS services, service-linked roles, people from IAM Identity Center, IAM users, and now
// and then root, SAML, web identity, other accounts or nobody. Credentials are consistent: the
// key that an AssumeRole gives out is the one that its session calls with. Traffic follows days and
// weeks. Some files are out of order; events are up to ten minutes older than the name of
// their file, a few that come late some hours. About one in thirty fails.
//
// # The story
//
// With Options.Story an intruder at IntruderIP does the following; minutes count from
// Options.StoryStart. Production is ProductionAccount, data is DataAccount; the Region is us-east-1.
//
//	+0    production  FailedSignIns failed ConsoleLogin of StolenUser
//	+5    production  ConsoleLogin of StolenUser succeeds, MFAUsed No
//	+7    production  GetAccountSummary, ListUsers, ListAccessKeys in the console (ConsoleKey)
//	+12   production  CreateAccessKey for BackdoorUser gives BackdoorKey
//	+15   production  GetCallerIdentity with BackdoorKey, from the same address
//	+16   production  enumeration: one denied call after the other, then GetUser, ListUserPolicies
//	+24   production  AssumeRole of PivotRole with BackdoorKey gives PivotKey; GetCallerIdentity,
//	                  DescribeTrails, GetTrailStatus with it
//	+28   both        AssumeRole of ExfilRole in data with PivotKey gives ExfilKey; one event in
//	                  each account, with one sharedEventID
//	+31   production  StopLogging of StoppedTrail; DeleteTrail and UpdateDetector are denied
//	+36   production  AuthorizeSecurityGroupIngress: OpenedGroup, port 22, 0.0.0.0/0
//	+40   data        with ExfilKey: ListBuckets, three questions about ExfilBucket, ListObjects
//	+43   data        GetObject of ExfilObjects objects of ExfilBucket in 32 minutes
//	+76   data        GetObject of another bucket is denied
//	+79   data        network activity: PutObject to OutsideBucket through StoryEndpoint from an
//	                  instance is refused EndpointDenials times
//	+95   production  DeleteAccessKey of BackdoorKey in the console of StolenUser
//	+390  production  Responder, at work, does StartLogging and GetTrailStatus
package synth
