package source

import "errors"

// ErrNoNotice is the cause of the error where the system gives no notice of files that change, or not of so many folders.
var ErrNoNotice = errors.New("the system gives no notice of changed files")
