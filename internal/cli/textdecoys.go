package cli

import "github.com/goldbell/goldbell/internal/fault"

// decoyText holds the sentences of decoys and of pairs.
var decoyText = map[string]fault.Sentence{
	"decoys plan":            {Zh: "一批名单需要多少诱饵", En: "how many decoys a batch needs"},
	"decoys plan +":          {Zh: "诱饵须只放在这一批里。只做计算，不访问数据目录。", En: "They must be in this batch only. It is arithmetic; no data directory is asked."},
	"decoys plan --rate":     {Zh: "泄露的诱饵被联系的`概率`", En: "the `CHANCE` that a leaked decoy is contacted"},
	"decoys plan --share":    {Zh: "被传出的名单`比例`", En: "the `SHARE` of the batch that is passed on"},
	"decoys plan --power":    {Zh: "希望达到的`概率`", En: "the wanted `CHANCE`"},
	"decoys plan --contacts": {Zh: "至少被联系的`次数`", En: "of at least so `MANY` contacts"},
	"decoys make":            {Zh: "为公司自己掌握的号码和邮箱编造客户", En: "make up customers for numbers and addresses the company holds"},
	"decoys make +":          {Zh: "HELD 是 CSV 或 XLSX，有 phone（电话）列、email（邮箱）列或两者，只列本公司自己掌握的。先以 GOLDBELL_TOKEN 的身份（负责人）登记，密封保存；再写出 --out 文件，请像其他名单一样用 goldbell import 导入，然后删除。\n--control 的几个写入 .control.csv：也要导入，但不分给任何人；它们被联系的次数就是偶然的次数。", En: "HELD is CSV or XLSX with a column phone, a column email, or both, of numbers and addresses the company itself holds. They are named first, sealed, as the principal of GOLDBELL_TOKEN (the officer); then --out is written. Import it with goldbell import as any other list, and delete it.\nThose of --control go to .control.csv: import them too, but give them to nobody; how often they are contacted is how often chance does it."},
	"decoys make --out":      {Zh: "写出的`文件`；不得已存在", En: "the `FILE` to write; it must not exist"},
	"decoys make --control":  {Zh: "其中不给任何人看的`数目`", En: "how `MANY` of them are shown to nobody"},
	"decoys list":            {Zh: "诱饵有多少，被联系过多少次", En: "how many decoys there are, and how often they were contacted"},
	"decoys list +":          {Zh: "不显示号码：登记时只留下不可还原的标记。", En: "No number is shown: what was named left only a mark that cannot be turned back."},
	"decoys hit":             {Zh: "报告有人联系了诱饵", En: "report that somebody contacted decoys"},
	"decoys hit +":           {Zh: "CONTACTS 是 CSV 或 XLSX：phone 或 email（被联系的诱饵）、at（RFC 3339 时间），可有 caller（来电号码）、known（对方知道的字段，用 | 分隔）。以 GOLDBELL_TOKEN 的身份（负责人）记入账本，计入以后的溯源。", En: "CONTACTS is CSV or XLSX: phone or email (the decoy that was contacted), at (a time in RFC 3339), and perhaps caller (who called) and known (fields the caller knew, joined by |). It is an entry of the ledger as the principal of GOLDBELL_TOKEN (the officer), and counts in later traces."},
	"trace pairs":            {Zh: "哪些接收人靠投诉分不开，用什么能分开", En: "which recipients complaints cannot separate, and what would"},
	"trace pairs +":          {Zh: "按最近三个月明文查看的人比较；一人名单的九成以上另一人也看过，就列出。建议每周看一次。", En: "By whom they were shown in plain during three months; a pair is listed when one was shown nine tenths of the other's list. Look once a week."},

	"decoys-share":   {Zh: "--rate、--share、--power 须大于 0、不超过 1。", En: "--rate, --share and --power must be above 0 and at most 1."},
	"decoys-line":    {Zh: "第 %d 行读不出来，或缺少 phone、email（报告联系时还须有 at）。", En: "Line %d cannot be read, or lacks phone and email (a reported contact also needs at)."},
	"decoys-rows":    {Zh: "列表须有 1 到 %d 行。", En: "The list must have 1 to %d rows."},
	"decoys-control": {Zh: "--control 不能多于列表的 %d 行。", En: "--control must not exceed the %d rows of the list."},
	"decoys-out":     {Zh: "--out 的文件（或 .control.csv）已存在或无法写入。", En: "The file of --out (or .control.csv) exists or cannot be written."},
	"decoys-no-plan": {Zh: "没有合理的数目能做到：一万个也不够。", En: "No sensible number does it: ten thousand would not."},
	"decoys-plan":    {Zh: "这一批放 %d 个独有的诱饵：至少 %d 次联系的概率达到 %.2f。", En: "%d decoys, exclusive to the batch: at least %d contacts with a chance of %.2f."},
	"decoys-made":    {Zh: "编造了 %d 人，其中 %d 人不给任何人看；写入 %s，登记为账本条目 %d。请导入后删除文件。", En: "%d were made up, %d of them for nobody to see; written to %s, named in entry %d. Import the file, then delete it."},
	"decoys-hit":     {Zh: "报告了 %d 次联系，记为账本条目 %d。", En: "%d contacts are reported, entry %d of the ledger."},
	"decoys-counts":  {Zh: "登记了 %d 个号码和邮箱，%d 人已存入（其中对照 %d 人）；联系 %d 次，对照被联系 %d 次。", En: "%d numbers and addresses are named, %d customers stored (%d of them controls); %d contacts, and %d with controls."},
	"decoys-stray":   {Zh: "一个没有给人看过的号码，平均被联系 %.3f 次。", En: "A number that nobody was shown is contacted %.3f times on average."},
	"pairs-line":     {Zh: "%s（%d 人）与 %s（%d 人）：共同 %d 人", En: "%s (%d people) and %s (%d people): %d in common"},
	"pairs-never":    {Zh: "    再多投诉也分不开；给两人各放 %d 个独有的诱饵，或错开两人查看的时间", En: "    no number of complaints separates them; give each %d exclusive decoys, or let a record change between their views"},
	"pairs-would":    {Zh: "    约需 %[2]d 件落在 %[1]s 名单内的投诉；或给两人各放 %[3]d 个独有的诱饵", En: "    about %[2]d complaints from the list of %[1]s would tell; or %[3]d exclusive decoys for each"},
	"pairs-sum":      {Zh: "共 %d 对。", En: "%d pairs."},
}
