package cli

import "github.com/goldbell/goldbell/internal/fault"

var helpText = map[string]fault.Sentence{
	"overview":     {Zh: "金钟罩：使用客户个人信息而带不走；凡离开的，先留下记录。\n\n用法：goldbell 命令 [选项]", En: "Goldbell: people work with personal information and cannot carry it away; what leaves is recorded first.\n\nUsage: goldbell COMMAND [FLAGS]"},
	"overview-end": {Zh: "\n每个命令都有 --json（标准输出上恰好一个 JSON 对象；出错时它是标准错误上的 {\"error\":{…}}）。\n退出码：0 成功，1 检查未通过，2 用法不对，3 被拒绝，4 暂不可用。\n语言：GOLDBELL_LANG，其次 LC_ALL、LC_MESSAGES、LANG（zh 为中文，其余为英文）。\ngoldbell help 命令 给出说明和例子。", En: "\nEvery command takes --json (exactly one JSON object on standard output; a failure is {\"error\":{…}} on standard error).\nExit codes: 0 ok, 1 a check failed, 2 usage, 3 refused, 4 unavailable.\nLanguage: GOLDBELL_LANG, then LC_ALL, LC_MESSAGES, LANG (zh is Chinese, anything else English).\ngoldbell help COMMAND explains one, with an example."},
	"help-flags":   {Zh: " [选项]", En: " [FLAGS]"},
	"help-example": {Zh: "例：", En: "Example:"},
	"help-default": {Zh: "（默认 %s）", En: " (default %s)"},

	"init":                      {Zh: "建立数据目录、密钥、账本，并给出负责人的一次性设置口令", En: "make a data directory, its keys and ledger, and the officer's one-time set-up code"},
	"init +":                    {Zh: "数据目录须为空或尚不存在。密钥不得放在数据目录之内。设置口令只显示一次。\nPostgreSQL 的连接串也可以放在 GOLDBELL_POSTGRES 里，以免出现在进程列表中。", En: "The data directory must be empty or not exist yet. Keys must not lie inside it. The code is shown once.\nThe connection string of PostgreSQL may be given in GOLDBELL_POSTGRES instead, out of the list of processes."},
	"serve":                     {Zh: "在数据目录上提供 HTTP 接口，直到 Ctrl-C", En: "serve a data directory's HTTP API until Ctrl-C"},
	"serve +":                   {Zh: "同一数据目录只由一个进程服务；import、trace 等命令经目录内的套接字与它通话。", En: "One process owns a data directory; import, trace and others talk to it through a socket inside."},
	"token create":              {Zh: "凭负责人的一次性口令，为一项服务开出访问令牌", En: "make a service's access token, on the officer's one-time code"},
	"token create +":            {Zh: "口令用过即失效，下一个口令随令牌一起给出，只显示一次。--code - 从标准输入读口令。", En: "The code is used up; the next one is given with the token, and both are shown once. --code - reads the code from standard input."},
	"import":                    {Zh: "导入客户名单（CSV、XLSX、JSON lines）", En: "import a list of customers (CSV, XLSX, JSON lines)"},
	"import +":                  {Zh: "每一行恰好归入存入、合并、拒绝之一。被拒的行写入 FILE.refused.csv 并注明原因。\n以 GOLDBELL_TOKEN 的身份存入，令牌的范围须为 import。中断后用同一命令继续，不会重复存入。", En: "Every row ends in exactly one of stored, merged, refused. Refused rows go to FILE.refused.csv with the reason.\nRows are stored as the principal of GOLDBELL_TOKEN, a token of scope import. Interrupted, the same command goes on and stores nothing twice."},
	"trace":                     {Zh: "查泄露指向谁：案件文件夹，或在用的数据", En: "ask who the records point to: a case folder, or live data"},
	"trace +":                   {Zh: "--case 只读文件，不留记录，不需要令牌。否则以 GOLDBELL_TOKEN 的身份（负责人）查询数据目录，查询本身记入账本。", En: "--case reads files only; it records nothing and needs no token. Without it the data directory is asked as the principal of GOLDBELL_TOKEN (the officer), and the run is an entry of the ledger."},
	"proof verify":              {Zh: "离线核验证据包", En: "verify an evidence pack, offline"},
	"proof verify +":            {Zh: "策略说明信任谁的日志，它来自证据包之外。没有策略时只能核对内部一致，退出码为 1。", En: "The policy says whose log is trusted, and comes from outside the pack. Without one the pack is only compared with itself, and the exit code is 1."},
	"ledger verify":             {Zh: "核验整个账本；只读，可与服务同时运行", En: "verify the whole ledger; reads only, works beside a running server"},
	"ledger verify +":           {Zh: "核对树、瓦片、检查点、账本头；用记录密钥打开每个条目，并双向核对索引。可随时中断。", En: "Tree, tiles, checkpoints and head are compared; with the record keys every entry is opened, and the index is compared in both directions. It may be interrupted."},
	"ledger verify --tree-only": {Zh: "只核对树、瓦片、检查点和账本头", En: "compare tree, tiles, checkpoints and head only"},
	"ledger export":             {Zh: "把账本写成其他 C2SP 工具能读的瓦片目录；只读账本", En: "write the ledger as a directory of tiles that other C2SP tools read; the ledger is only read"},
	"ledger export +":           {Zh: "目录须为空，或是同一账本较早的导出。中断后用同一命令继续；不会覆盖别的内容。检查点最后写入。条目里没有个人信息，但看得出数量和时间。", En: "The directory must be empty or hold an earlier export of this ledger. Interrupted, the same command goes on; nothing else is ever overwritten. The checkpoint is written last. Entries hold no personal information, but show how many there were and when."},
	"ledger sample":             {Zh: "随机抽取若干条目，向审计人员完整打开", En: "draw entries at random and open them fully, for an auditor"},
	"ledger sample +":           {Zh: "凭负责人的一次性口令。先记录抽中了哪些，再显示。不含客户的字段值。--json 给出可离线核对的全部材料。", En: "On the officer's one-time code. Which entries were drawn is recorded before they are shown. No field values of customers are in them. --json gives all that is needed to check them offline."},
	"ledger forget":             {Zh: "记录保存期满后，销毁一个人的记录密钥", En: "destroy a person's record key when the record's time is over"},
	"ledger forget +":           {Zh: "须两人的一次性口令：负责人，和另一位负责人或审计人员。她的信息须已删除，最后一条记录须满三年。账本和其他人的证明不受影响；她的记录再也打不开。", En: "Two one-time codes are needed: the officer's, and another officer's or an auditor's. Her information must have been erased, and her last entry be three years old. The ledger and everybody else's proofs stay as they are; her record cannot be opened any more."},
	"ledger sample --code":      {Zh: "负责人的一次性`口令`，- 表示从标准输入读", En: "the officer's one-time `CODE`, - to read it from standard input"},
	"ledger forget --code":      {Zh: "负责人的一次性`口令`", En: "the officer's one-time `CODE`"},
	"ledger forget --second":    {Zh: "第二人的一次性`口令`", En: "the second person's one-time `CODE`"},
	"demo":                      {Zh: "演示：一家公司、一次泄露、一个结论，然后在浏览器里看", En: "the demonstration: a firm, a leak, a finding; then served for you to look at"},
	"demo +":                    {Zh: "同一个种子给出同样的情节、数目和结论。所有人物和号码都是编造的。", En: "The same seed gives the same plot, counts and finding. All people and numbers are made up."},
	"version":                   {Zh: "显示版本", En: "print the version"},
	"help":                      {Zh: "说明一个命令", En: "explain a command"},

	"--json":   {Zh: "在标准输出上给出恰好一个 JSON 对象", En: "print exactly one JSON object on standard output"},
	"--data":   {Zh: "数据`目录`；不写则取 GOLDBELL_DATA", En: "`DIR` of the data; without it the one in GOLDBELL_DATA"},
	"--keys":   {Zh: "密钥`目录`；不写则取建立时记下的（默认 DIR.keys）", En: "`DIR` of the keys; without it the one init recorded (by default DIR.keys)"},
	"--keeper": {Zh: "账本头见证的`目录`；不写则取建立时记下的（默认在用户状态目录）", En: "`DIR` of the head keeper; without it the one init recorded (by default the user's state directory)"},
	"--listen": {Zh: "接口的 TCP `地址`", En: "TCP `ADDRESS` of the API"},
	"--policy": {Zh: "信任策略`文件`（tlog-policy）", En: "`FILE` with the policy of trust (tlog-policy)"},

	"init --title":    {Zh: "公司`名称`", En: "the company's `NAME`"},
	"init --origin":   {Zh: "账本的`名称`，例如 log.example.com/2026；不写则生成", En: "`NAME` of the ledger, e.g. log.example.com/2026; made up if not given"},
	"init --postgres": {Zh: "PostgreSQL 的`连接串`；不写则用数据目录里的 SQLite", En: "`DSN` of PostgreSQL; without it SQLite in the data directory"},
	"init --schema":   {Zh: "自定义登记字段的 JSON `文件`", En: "JSON `FILE` with fields of your own"},

	"serve --metrics": {Zh: "指标的 TCP `地址`，只应监听本机；不写则不提供", En: "TCP `ADDRESS` of the metrics, loopback only; none if not given"},

	"token create --name":  {Zh: "服务的`名称`（小写字母、数字、连字符）", En: "`NAME` of the service (lower-case letters, digits, hyphens)"},
	"token create --scope": {Zh: "`范围`：import、switch、crm、metrics 或 witness", En: "`SCOPE`: import, switch, crm, metrics or witness"},
	"token create --code":  {Zh: "负责人的一次性`口令`，- 表示从标准输入读", En: "the officer's one-time `CODE`, - to read it from standard input"},

	"import --map":      {Zh: "`列名=字段`，多项用逗号分开，- 表示不存；可重复", En: "`COLUMN=FIELD`, several separated by commas, - leaves a column out; may be repeated"},
	"import --merge-by": {Zh: "把这个`字段`相同的行并为一人；不写则不合并", En: "merge rows equal in this `FIELD`; without it nothing is merged"},
	"import --sheet":    {Zh: "XLSX 的`工作表`；不写则取第一个有内容的", En: "the `SHEET` of an XLSX; without it the first with content"},
	"import --dry-run":  {Zh: "只看列的对应和行数；不打开数据目录，什么也不写", En: "show the mapping and counts only; the data directory is not opened and nothing is written"},

	"trace --case":    {Zh: "案件`文件夹`", En: "the case `FOLDER`"},
	"trace --explain": {Zh: "把所依据的数字一并列出", En: "lay open the figures behind the answer"},
	"trace --from":    {Zh: "此`日`起收到的投诉（2026-03-01，按 UTC+8，或 RFC 3339）", En: "complaints filed from this `DAY` on (2026-03-01, in UTC+8, or RFC 3339)"},
	"trace --until":   {Zh: "此`日`之前收到的投诉；不写则到现在", En: "complaints filed before this `DAY`; without it until now"},

	"demo --seed":     {Zh: "情节的`种子`", En: "`SEED` of the plot"},
	"demo --headless": {Zh: "演完即结束，不提供服务", En: "end when the plot is over, serve nothing"},
	"demo --no-leak":  {Zh: "没有人泄露；谁也不该被指到", En: "nobody leaks; nobody should be pointed to"},
	"demo --data":     {Zh: "演示公司的数据`目录`；不写则用临时目录", En: "data `DIR` of the demonstration firm; without it a temporary one"},
}
