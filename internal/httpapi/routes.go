package httpapi

import "net/http"

const (
	get  = http.MethodGet
	post = http.MethodPost
	del  = http.MethodDelete
)

// table lists every route with its audience.
func table() []*route {
	return []*route{
		{method: post, path: "/v1/disclosures", who: workers, summary: "Ask for values of subjects", install: handle(disclose)},
	}
}

type (
	Calls      interface{}
	Complaints interface{}
	Tracer     interface{}
	Packs      interface{}
)
