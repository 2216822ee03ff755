package cli

import "github.com/goldbell/goldbell/internal/fault"

// questionText holds the sentences of counsel's questions.
var questionText = map[string]fault.Sentence{
	"ask who-can":           {Zh: "谁能看到某个字段", En: "who can see a field, of a subject, on a day"},
	"ask who-can +":         {Zh: "FIELD 是字段名，例如 phone。以 GOLDBELL_TOKEN 的身份（负责人或审计人员）查询；涉及某个人的查询本身记入账本。答案只含编号，不含个人信息。\n没有 --subject 时给出上限：视同本人已同意。", En: "FIELD is a field's name, phone for example. It is asked as the principal of GOLDBELL_TOKEN, an officer or an auditor; a question about a person is an entry of the ledger. Answers hold ids only, no personal information.\nWithout --subject the answer is the most there can be: consent is taken as given."},
	"ask who-can --subject": {Zh: "某一个人的`编号`", En: "the `ID` of one person"},
	"ask could":             {Zh: "某人某日能否看到某个人的某个字段，依据哪条规则", En: "could a person see a field of a subject on a day, and by which rule"},
	"ask could +":           {Zh: "PERSON 是工号，SUBJECT 是个人的编号。按账本中截至该日的条目回答，视同已重新登录；查询本身记入账本。", En: "PERSON is a staff number, SUBJECT a person's id. It is answered from the entries of the ledger up to that day, as if he had signed in afresh; the question is an entry of the ledger."},
	"ask saw":               {Zh: "某人在一段时间内看到了谁", En: "what a person saw between two times"},
	"ask saw +":             {Zh: "列出每次答复：形式、字段、目的和所示个人的编号。", En: "Every answer is listed: form, fields, purpose and the ids of who was shown."},
	"ask changes":           {Zh: "权限的变更：之前、之后、由谁办理和批准", En: "changes of permissions: before, after, by whom, and who approved"},
	"ask changes +":         {Zh: "人员、单位、工单和规则的每次变更，取自账本。", En: "Every change of people, organisations, work items and rules, from the ledger."},
	"ask changes --of":      {Zh: "只看这个工号、单位或工单的`编号`", En: "only of this staff number, organisation or work item, by its `ID`"},
	"ask coverage":          {Zh: "能看到某个字段明文的人占多少", En: "the share of people who can read a field in plain"},
	"ask coverage +":        {Zh: "这个数应当接近零。", En: "The number that should be near zero."},
	"ask written":           {Zh: "每条成文规定，以及由什么来执行", En: "each written rule beside what enforces it, or nothing"},
	"ask written +":         {Zh: "法律条文和公司规则文本中以 //! 编号: 内容 写下的规定。", En: "Articles of the law, and what the company wrote into its rules as //! NUMBER: TEXT."},
	"ask saw --from":        {Zh: "从哪一`日`（或 RFC 3339 时间）起", En: "from which `DAY`, or a time in RFC 3339"},
	"ask saw --until":       {Zh: "到哪一`日`（或 RFC 3339 时间）止，不含", En: "until which `DAY`, or a time in RFC 3339, not included"},
	"ask changes --from":    {Zh: "从哪一`日`（或 RFC 3339 时间）起", En: "from which `DAY`, or a time in RFC 3339"},
	"ask changes --until":   {Zh: "到哪一`日`（或 RFC 3339 时间）止，不含", En: "until which `DAY`, or a time in RFC 3339, not included"},
	"--at":                  {Zh: "哪一`日`（或 RFC 3339 时间）；不写则为现在", En: "on which `DAY`, or a time in RFC 3339; now, if left out"},

	"ask-able":         {Zh: "%s（%s，%s）：%s，依据 %s；%d 个工单，%d 人", En: "%s (%s, %s): %s, by %s; %d work items about %d people"},
	"ask-able-sum":     {Zh: "共 %d 人能接触；在册 %d 人。", En: "%d can, of %d people with a contract in force."},
	"ask-could":        {Zh: "能，最多看到 %s，依据 %s。", En: "Yes, %s at most, by %s."},
	"ask-could-not":    {Zh: "不能，依据 %s。", En: "No, by %s."},
	"ask-way":          {Zh: "  工单 %s（%s，%s）：%s，依据 %s", En: "  work item %s (%s, %s): %s, by %s"},
	"ask-recorded":     {Zh: "这次查询记为账本条目 %d。", En: "The question is entry %d of the ledger."},
	"ask-sight":        {Zh: "%d  %s  %s %s.%s %s 目的 %s：示 %d 人，拒 %d 人", En: "%d  %s  %s %s.%s %s for %s: %d shown, %d refused"},
	"ask-sight-of":     {Zh: "    %s", En: "    %s"},
	"ask-sight-sum":    {Zh: "共 %d 次答复，涉及 %d 人。", En: "%d answers, %d people."},
	"ask-more":         {Zh: "还有更多，从条目 %d 起；请缩短时间段。", En: "There is more, from entry %d on; take a shorter time."},
	"ask-change":       {Zh: "%d  %s  办理 %s  批准 %s  %s %s：%s", En: "%d  %s  by %s  approved by %s  %s %s: %s"},
	"ask-before-after": {Zh: "    之前 %s\n    之后 %s", En: "    before %s\n    after  %s"},
	"ask-not-whole":    {Zh: "只列出前 %d 项；请缩短时间段。", En: "Only the first %d are listed; take a shorter time."},
	"ask-coverage":     {Zh: "能看明文的 %d 人，在册 %d 人（%.1f%%）；能拨打而看不到的 %d 人；只看到脱敏或令牌的 %d 人。", En: "%d of %d people can read it in plain (%.1f %%); %d can call without seeing; %d see a mask or a token only."},
	"ask-enforced":     {Zh: "    由以下执行：%s", En: "    enforced by %s"},
	"ask-not-enforced": {Zh: "    没有任何规则执行", En: "    not enforced"},
}
