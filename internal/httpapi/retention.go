package httpapi

import "context"

type retentionOut struct {
	Body struct {
		Fields []retentionOfField `json:"fields" doc:"the fields that have a retention"`
	}
}

type retentionOfField struct {
	Field    string `json:"field"`
	Days     int    `json:"days" doc:"after how many days a value is erased: its retention, or what a purpose sheet that names the field needs if that is more"`
	People   int    `json:"people" doc:"of how many people the next run erases it"`
	Replaced int    `json:"replaced" doc:"how many values that were corrected since it erases"`
	Held     int    `json:"held" doc:"of how many people it stays because they are held; whom an open case names is looked up when it runs"`
}

// retention answers GET /v1/retention: counts only.
func retention(a *API, ctx context.Context, c *call, _ *struct{}) (*retentionOut, error) {
	due, err := a.Door.Due(ctx)
	if err != nil {
		return nil, err
	}
	out := &retentionOut{}
	out.Body.Fields = make([]retentionOfField, len(due))
	for i, d := range due {
		out.Body.Fields[i] = retentionOfField{string(d.Field), d.Days, d.People, d.Replaced, d.Held}
	}
	return out, nil
}
