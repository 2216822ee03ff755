package cli

import "github.com/goldbell/goldbell/internal/fault"

var helpText = map[string]fault.Sentence{
	"overview":     {Zh: "金钟罩：使用客户个人信息而带不走；凡离开的，先留下记录。\n\n用法：goldbell 命令 [选项]", En: "Goldbell: people work with personal information and cannot carry it away; what leaves is recorded first.\n\nUsage: goldbell COMMAND [FLAGS]"},
	"overview-end": {Zh: "\n每个命令都有 --json（标准输出上恰好一个 JSON 对象；出错时它是标准错误上的 {\"error\":{…}}）。\n退出码：0 成功，1 检查未通过，2 用法不对，3 被拒绝，4 暂不可用。\n语言：GOLDBELL_LANG，其次 LC_ALL、LC_MESSAGES、LANG（zh 为中文，其余为英文）。\ngoldbell help 命令 给出说明和例子。", En: "\nEvery command takes --json (exactly one JSON object on standard output; a failure is {\"error\":{…}} on standard error).\nExit codes: 0 ok, 1 a check failed, 2 usage, 3 refused, 4 unavailable.\nLanguage: GOLDBELL_LANG, then LC_ALL, LC_MESSAGES, LANG (zh is Chinese, anything else English).\ngoldbell help COMMAND explains one, with an example."},
	"help-flags":   {Zh: " [选项]", En: " [FLAGS]"},
	"help-example": {Zh: "例：", En: "Example:"},
	"help-default": {Zh: "（默认 %s）", En: " (default %s)"},

	"init":            {Zh: "建立数据目录、密钥、账本，并给出负责人的一次性设置口令", En: "make a data directory, its keys and ledger, and the officer's one-time set-up code"},
	"init +":          {Zh: "数据目录须为空或尚不存在。密钥不得放在数据目录之内。设置口令只显示一次。\nPostgreSQL 的连接串也可以放在 GOLDBELL_POSTGRES 里，以免出现在进程列表中。", En: "The data directory must be empty or not exist yet. Keys must not lie inside it. The code is shown once.\nThe connection string of PostgreSQL may be given in GOLDBELL_POSTGRES instead, out of the list of processes."},
	"serve":           {Zh: "在数据目录上提供 HTTP 接口，直到 Ctrl-C", En: "serve a data directory's HTTP API until Ctrl-C"},
	"serve +":         {Zh: "同一数据目录只由一个进程服务；import、trace 等命令经目录内的套接字与它通话。", En: "One process owns a data directory; import, trace and others talk to it through a socket inside."},
	"token create":    {Zh: "凭负责人的一次性口令，为一项服务开出访问令牌", En: "make a service's access token, on the officer's one-time code"},
	"token create +":  {Zh: "口令用过即失效，下一个口令随令牌一起给出，只显示一次。--code - 从标准输入读口令。", En: "The code is used up; the next one is given with the token, and both are shown once. --code - reads the code from standard input."},
	"import":          {Zh: "导入客户名单（CSV、XLSX、JSON lines）", En: "import a list of customers (CSV, XLSX, JSON lines)"},
	"import +":        {Zh: "每一行恰好归入存入、合并、拒绝之一。被拒的行写入 FILE.refused.csv 并注明原因。\n以 GOLDBELL_TOKEN 的身份存入，令牌的范围须为 import。中断后用同一命令继续，不会重复存入。", En: "Every row ends in exactly one of stored, merged, refused. Refused rows go to FILE.refused.csv with the reason.\nRows are stored as the principal of GOLDBELL_TOKEN, a token of scope import. Interrupted, the same command goes on and stores nothing twice."},
	"trace":           {Zh: "查泄露指向谁：案件文件夹，或在用的数据", En: "ask who the records point to: a case folder, or live data"},
	"trace +":         {Zh: "--case 只读文件，不留记录，不需要令牌。否则以 GOLDBELL_TOKEN 的身份（负责人）查询数据目录，查询本身记入账本。", En: "--case reads files only; it records nothing and needs no token. Without it the data directory is asked as the principal of GOLDBELL_TOKEN (the officer), and the run is an entry of the ledger."},
	"proof verify":    {Zh: "离线核验证据包", En: "verify an evidence pack, offline"},
	"proof verify +":  {Zh: "策略说明信任谁的日志，它来自证据包之外。没有策略时只能核对内部一致，退出码为 1。", En: "The policy says whose log is trusted, and comes from outside the pack. Without one the pack is only compared with itself, and the exit code is 1."},
	"ledger verify":   {Zh: "核验整个账本；只读，可与服务同时运行", En: "verify the whole ledger; reads only, works beside a running server"},
	"witness init":    {Zh: "建立一个外部见证：由另一家组织运行，为账本的检查点签名", En: "make a witness, which another organisation runs to cosign a ledger's checkpoints"},
	"witness init +":  {Zh: "目录里是它的私钥、所见证账本的公钥和最后签过的检查点。这个目录不要从旧备份恢复：忘了自己签过什么的见证，会为第二个历史签名。\n把显示的公钥交给账本的运营者。", En: "The directory holds its private key, the keys of the logs it cosigns and what it signed last. Never restore it from an old backup: a witness that forgets what it signed will sign a second history.\nHand the vkey that is shown to the ledger's operator."},
	"witness serve":   {Zh: "运行外部见证，直到 Ctrl-C", En: "run a witness until Ctrl-C"},
	"witness serve +": {Zh: "它只给延续其先前所见的检查点签名，不给分叉和回退的签名。它不需要金钟罩的数据和密钥。对外请放在提供 HTTPS 的代理之后。", En: "It signs a checkpoint only if that continues what it signed before; forks and rollbacks are refused. It needs none of Goldbell's data or keys. Towards the outside, put it behind a proxy that speaks HTTPS."},
	"witness add":     {Zh: "把一个外部见证写入数据目录的策略", En: "add a witness to a data directory's policy"},
	"witness add +":   {Zh: "服务须先停下，启动时才读策略。改过的 log.policy 要重新交给核验证据包的人。\n没有 --organisation 的见证算本公司自己的：仍会请它签名，但 /readyz 和证据包照样说没有外部见证。", En: "The server must be stopped: it reads the policy when it starts. Hand the changed log.policy to those who verify packs.\nA witness without --organisation counts as the company's own: it is asked, but /readyz and packs still say that there is no outside witness."},
	"demo":            {Zh: "演示：一家公司、一次泄露、一个结论，然后在浏览器里看", En: "the demonstration: a firm, a leak, a finding; then served for you to look at"},
	"demo +":          {Zh: "同一个种子给出同样的情节、数目和结论。所有人物和号码都是编造的。", En: "The same seed gives the same plot, counts and finding. All people and numbers are made up."},
	"version":         {Zh: "显示版本", En: "print the version"},
	"help":            {Zh: "说明一个命令", En: "explain a command"},

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
	"token create --scope": {Zh: "`范围`：import、switch、crm 或 metrics", En: "`SCOPE`: import, switch, crm or metrics"},
	"token create --code":  {Zh: "负责人的一次性`口令`，- 表示从标准输入读", En: "the officer's one-time `CODE`, - to read it from standard input"},

	"import --map":      {Zh: "`列名=字段`，多项用逗号分开，- 表示不存；可重复", En: "`COLUMN=FIELD`, several separated by commas, - leaves a column out; may be repeated"},
	"import --merge-by": {Zh: "把这个`字段`相同的行并为一人；不写则不合并", En: "merge rows equal in this `FIELD`; without it nothing is merged"},
	"import --sheet":    {Zh: "XLSX 的`工作表`；不写则取第一个有内容的", En: "the `SHEET` of an XLSX; without it the first with content"},
	"import --dry-run":  {Zh: "只看列的对应和行数；不打开数据目录，什么也不写", En: "show the mapping and counts only; the data directory is not opened and nothing is written"},

	"--dir":                      {Zh: "见证的`目录`", En: "`DIR` of the witness"},
	"witness init --name":        {Zh: "见证的`名称`：不带协议的 URL，例如 witness.example.org/w1", En: "`NAME` of the witness: a URL without scheme, e.g. witness.example.org/w1"},
	"witness init --log":         {Zh: "要见证的账本的`公钥`（vkey）；可重复", En: "`VKEY` of a log to cosign; may be repeated"},
	"witness serve --listen":     {Zh: "见证的 TCP `地址`", En: "TCP `ADDRESS` of the witness"},
	"witness add --name":         {Zh: "此见证在策略里的`名称`", En: "`NAME` of the witness in the policy"},
	"witness add --vkey":         {Zh: "见证的`公钥`（vkey）", En: "the witness's `VKEY`"},
	"witness add --url":          {Zh: "提交检查点的`网址`（submission prefix）", En: "`URL` where checkpoints are submitted (submission prefix)"},
	"witness add --organisation": {Zh: "运行它的另一家`组织`；不写则算本公司自己的", En: "the other `ORGANISATION` that runs it; without it the company's own"},
	"witness add --quorum":       {Zh: "所有见证中须有几个签名；不写则照旧，第一个时为 1", En: "how many of all witnesses must sign; without it as before, 1 for the first"},

	"trace --case":    {Zh: "案件`文件夹`", En: "the case `FOLDER`"},
	"trace --explain": {Zh: "把所依据的数字一并列出", En: "lay open the figures behind the answer"},
	"trace --from":    {Zh: "此`日`起收到的投诉（2026-03-01，按 UTC+8，或 RFC 3339）", En: "complaints filed from this `DAY` on (2026-03-01, in UTC+8, or RFC 3339)"},
	"trace --until":   {Zh: "此`日`之前收到的投诉；不写则到现在", En: "complaints filed before this `DAY`; without it until now"},

	"demo --seed":     {Zh: "情节的`种子`", En: "`SEED` of the plot"},
	"demo --headless": {Zh: "演完即结束，不提供服务", En: "end when the plot is over, serve nothing"},
	"demo --no-leak":  {Zh: "没有人泄露；谁也不该被指到", En: "nobody leaks; nobody should be pointed to"},
	"demo --data":     {Zh: "演示公司的数据`目录`；不写则用临时目录", En: "data `DIR` of the demonstration firm; without it a temporary one"},
}
