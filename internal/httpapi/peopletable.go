package httpapi

// peopleTable is the part of the table about lists of people: imports, what they ask
// for, and who came and went.
func peopleTable() []*route {
	return []*route{
		{method: post, path: "/v1/people/imports", who: staffing, summary: "Import up to 500 rows of a list of people", slow: true, install: handle(importPeople)},
		{method: get, path: "/v1/people-asks", who: overseeing, summary: "What files ask for and a second officer decides", install: handle(listAsks)},
		{method: post, path: "/v1/people/{id}/ask/decision", who: officers, summary: "Allow what a file asked for, or refuse it", install: handle(decideAsk)},
	}
}
