// This file holds what may go wrong on the way to a registry, as far as it makes a difference to those who ask.
package registry

import (
	"errors"
	"fmt"
)

// Unreachable is the error of a registry that did not answer: without a network, most often.
type Unreachable struct {
	Host string
	Err  error
}

func (e *Unreachable) Error() string {
	return fmt.Sprintf("registry %s can not be reached: %v", e.Host, e.Err)
}

func (e *Unreachable) Unwrap() error { return e.Err }

// Answer is the error of a registry that did answer, and did not give what it was asked for.
type Answer struct {
	Status int // of HTTP
	Err    error
}

func (e *Answer) Error() string { return e.Err.Error() }

func (e *Answer) Unwrap() error { return e.Err }

// NotFound says that the registry does not have it.
func NotFound(err error) bool {
	var answer *Answer
	return errors.As(err, &answer) && answer.Status == 404
}

// Refused says that the registry has answered, and would answer the same again.
func Refused(err error) bool {
	const tooManyRequests, internalError = 429, 500
	var answer *Answer
	return errors.As(err, &answer) && answer.Status < internalError && answer.Status != tooManyRequests
}
