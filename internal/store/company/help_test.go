package company_test

import (
	"context"
	"testing"
)

type ctxT = context.Context

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}
