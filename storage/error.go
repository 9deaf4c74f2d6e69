package storage

import "fmt"

// Exception is a kind of refusal, by the name that CloudTrail's API gives to it.
type Exception string

// Error implements error, so that errors.Is finds an Exception in what refused.
func (e Exception) Error() string { return string(e) }

// The refusals of the lake.
const (
	ErrNotFound             Exception = "EventDataStoreNotFoundException"
	ErrARN                  Exception = "EventDataStoreARNInvalidException"
	ErrExists               Exception = "EventDataStoreAlreadyExistsException"
	ErrMaxStores            Exception = "EventDataStoreMaxLimitExceededException"
	ErrTerminationProtected Exception = "EventDataStoreTerminationProtectedException"
	ErrOngoingImport        Exception = "EventDataStoreHasOngoingImportException"
	ErrInactive             Exception = "InactiveEventDataStoreException"
	ErrStatus               Exception = "InvalidEventDataStoreStatusException"
	ErrCategory             Exception = "InvalidEventDataStoreCategoryException"
	ErrSelectors            Exception = "InvalidEventSelectorsException"
	ErrInvalid              Exception = "InvalidParameterException"
	ErrTag                  Exception = "InvalidTagParameterException"
	ErrTagsLimit            Exception = "TagsLimitExceededException"
	ErrUnsupported          Exception = "UnsupportedOperationException"
)

// Error is a refusal: what was wrong, and AWS's name for that. errors.Is finds the
// Exception, errors.As the cause, if there is one.
type Error struct {
	Exception Exception
	Msg       string
	Err       error // the cause, which Msg tells already; nil if there is none
}

// Error implements error.
func (e *Error) Error() string { return e.Msg + " (" + string(e.Exception) + ")" }

// Unwrap returns what errors.Is and errors.As look at.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Exception}
	}
	return []error{e.Exception, e.Err}
}

func refuse(e Exception, format string, args ...any) error {
	return &Error{Exception: e, Msg: fmt.Sprintf(format, args...)}
}
