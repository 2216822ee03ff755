package cli

import (
	"context"
	"io"

	"github.com/goldbell/goldbell/internal/fault"
)

// retentionText holds the sentences about what is past its retention.
var retentionText = map[string]fault.Sentence{
	"retention":       {Zh: "查看下一次每日删除会删去什么：每个字段多少人，不含个人信息", En: "show what the next daily run would erase: how many people per field, never data"},
	"retention +":     {Zh: "字段超过保存期限后不再展示，服务每天把它删除一次，每次删除都记入账本。列出某字段的目的清单若规定了更长的天数，到那时才删除。被封存的人、未结投诉或事件所涉的人，在事由结束后删除。", En: "A field past its retention is shown to nobody, and the server erases it once a day; each erasure is in the ledger. If a purpose sheet that names the field says that its work needs more days, it is erased then. Whoever is held, or named by an open complaint or incident, keeps hers until that ends."},
	"retention-line":  {Zh: "%s  满 %d 天删除  待删 %d 人  更正前的旧值 %d 个  因封存保留 %d 人", En: "%s  erased after %d days  due of %d people  %d replaced values  %d people held"},
	"retention-none":  {Zh: "没有字段设定了保存期限；保存期限写在数据模式（goldbell.json 的 days）里。", En: "No field has a retention; it is set in the schema (days, in goldbell.json)."},
	"retention-noted": {Zh: "以上只是数目；服务每天自动删除。", En: "These are counts; the server erases by itself, once a day."},
}

func retentionCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error {
			var out struct {
				Fields []struct {
					Field    string `json:"field"`
					Days     int    `json:"days"`
					People   int    `json:"people"`
					Replaced int    `json:"replaced"`
					Held     int    `json:"held"`
				} `json:"fields"`
			}
			if err := api.get(ctx, "/v1/retention", nil, &out); err != nil {
				return err
			}
			return c.answer(out, func(w io.Writer) {
				if len(out.Fields) == 0 {
					c.say(w, "retention-none")
					return
				}
				for _, x := range out.Fields {
					c.say(w, "retention-line", x.Field, x.Days, x.People, x.Replaced, x.Held)
				}
				c.say(w, "retention-noted")
			})
		})
	}
}
