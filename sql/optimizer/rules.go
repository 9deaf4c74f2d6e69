package optimizer

// rules in the order in which they run.
var rules = []rule{
	// Constants first: every rule after this one looks for literals.
	{"fold constants", foldConstants},
	{"simplify", simplifyAll},
	{"unwrap casts", unwrapCasts},
	// Filters move down before projections are merged, since they look through projections anyway;
	// they meet in scans and joins, and turn cross joins into inner ones on their way.
	{"push down predicates", pushDownPredicates},
	// What was substituted into predicates may be simpler now, or constant.
	{"fold pushed constants", foldConstants},
	{"simplify pushed", simplifyAll},
	{"merge projections", mergeProjections},
	// Limits next: they stop at what cannot be seen through, which merging made less.
	{"push down limits", pushDownLimits},
	{"top-n", topN},
	{"limit partitions", limitPartitions},
	// Members of JSON before columns: if nothing else of the text is wanted, it is pruned.
	{"read members", readMembers},
	// Struct fields before columns: a column of which only fields are used is then pruned like any other.
	{"read struct fields", readFields},
	{"prune columns", pruneColumns},
	{"remove identities", removeIdentities},
	// Scans are final now: their filters say what files hold, and in which order conjuncts are best evaluated.
	{"scan domains", scanDomains},
	{"order conjuncts", orderConjuncts},
	// Only what is needed of the sides of joins is left now, which says what pairs are made for; and scans say how many
	// rows there may be.
	{"count before joins", countBeforeJoins},
	// What is counted last: nothing above a scan that gives rows which stand for many may be changed any more.
	{"count rows", countRows},
}
