// Written with the verbs.
