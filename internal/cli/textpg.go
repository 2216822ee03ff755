package cli

import "github.com/goldbell/goldbell/internal/fault"

// pgText holds the sentences about a company's own database.
var pgText = map[string]fault.Sentence{
	"pg enrol":          {Zh: "把公司自己的 PostgreSQL 里的一张表接入：现有工具只看到占位符", En: "enrol a table of the company's own PostgreSQL: existing tools then see placeholders"},
	"pg enrol +":        {Zh: "先显示要执行的 SQL，输入 yes 之后在一个事务里执行；--undo 或 goldbell pg undo 可以撤回。看起来含个人信息的列，须用 --protect 保护或用 --show 声明照原样显示，否则不执行。\n以 GOLDBELL_TOKEN 的身份（系统管理员）记入账本。--dsn 的角色须拥有该表并能建角色，只在此时使用，不保存；也可以放在 GOLDBELL_PG_ADMIN 里，以免出现在进程列表中。", En: "It shows the SQL first and applies it in one transaction once you answer yes; --undo or goldbell pg undo takes it back. A column that looks as if it held personal information must be named by --protect or by --show, or nothing is done.\nIt is recorded as the principal of GOLDBELL_TOKEN (the system administrator). The role of --dsn must own the table and be able to make roles; it is used now and not kept. GOLDBELL_PG_ADMIN may hold it instead, out of the list of processes."},
	"pg undo":           {Zh: "把一张表撤出：视图、索引和授权；最后一张连同角色", En: "take a table out: its view, indexes and grants; with the last one the roles"},
	"pg undo +":         {Zh: "先显示 SQL，输入 yes 之后执行。关于这些人的记录保留。", En: "It shows the SQL first and applies it once you answer yes. The records about these people stay."},
	"pg sessions":       {Zh: "列出 PostgreSQL 端口的会话：谁、多少，不含内容", En: "list the sessions of the PostgreSQL port: who and how much, never what"},
	"pg sessions +":     {Zh: "以 GOLDBELL_TOKEN 的身份（系统管理员、负责人或审计管理员）询问正在运行的服务。", En: "It asks the running server, as the principal of GOLDBELL_TOKEN (system administrator, officer or auditor)."},
	"pg kill":           {Zh: "终止 PostgreSQL 端口的一个会话", En: "end a session of the PostgreSQL port"},
	"pg kill +":         {Zh: "会话立即结束；已给出的内容已在账本里。登录仍有效，要收回请终止登录或停用此人。", En: "The session ends at once; what it was shown is in the ledger. Its login stays valid: end the login, or suspend the person, to take it back."},
	"pg kill --session": {Zh: "会话的`编号`，见 pg sessions", En: "the session's `ID`, as pg sessions lists it"},
	"pg-session":        {Zh: "%s  %s  目的 %s  语句 %d  行 %d  显示 %d 格（%d 人）  拒绝 %d 格  耗时 p50 %.1f 毫秒，p99 %.1f 毫秒", En: "%s  %s  purpose %s  statements %d  rows %d  shown %d cells (%d subjects)  refused %d cells  took p50 %.1f ms, p99 %.1f ms"},
	"pg-no-session":     {Zh: "端口上没有会话。", En: "The port has no session."},
	"pg-killed-one":     {Zh: "已终止。", En: "Ended."},
	"pg check":          {Zh: "检查有没有绕过视图的途径；只读，可与服务同时运行", En: "look for ways round the views; reads only, works beside a running server"},
	"pg check +":        {Zh: "逐条说出途径和堵上它的 SQL；有任何一条，端口就不提供服务，退出码为 1。服务运行时每分钟检查一次，数据库结构变化时也检查。", En: "Each way is named with the SQL that closes it. While there is any, the port does not serve, and the exit code is 1. A running server checks every minute, and when the structure of the database changes."},

	"--dsn":              {Zh: "数据库管理员的`连接串`；不写则取 GOLDBELL_PG_ADMIN", En: "the database administrator's `DSN`; without it the one in GOLDBELL_PG_ADMIN"},
	"--table":            {Zh: "`SCHEMA.TABLE`：表、分区表或视图", En: "`SCHEMA.TABLE`: a table, a partitioned table or a view"},
	"--yes":              {Zh: "不再询问，直接执行", En: "apply without asking"},
	"pg enrol --subject": {Zh: "标识个人的`列`，多列用逗号分开；不写则为主键。引用已接入表的列也可以", En: "`COLUMNS` that identify the person, separated by commas; without it the primary key. Columns that refer to an enrolled table will do too"},
	"pg enrol --protect": {Zh: "要保护的`列`，多列用逗号分开；列名看不出字段时写 列名=字段；可重复", En: "`COLUMNS` to protect, separated by commas; COLUMN=FIELD where the name does not say which field it holds; may be repeated"},
	"pg enrol --show":    {Zh: "看起来含个人信息但要照原样显示的`列`；可重复", En: "`COLUMNS` that look personal and are to be shown as they are; may be repeated"},
	"pg enrol --open":    {Zh: "这张表没有要保护的列：只建视图", En: "the table holds nothing to protect: make a view and no more"},
	"pg enrol --undo":    {Zh: "撤回这张表的接入", En: "take this table out again"},

	"pg-look":        {Zh: "列 %s 看起来是 %s（抽样中 %d%%）：请用 --protect 或 --show 写明。", En: "Column %s looks like %s (%d%% of the sample): name it with --protect or --show."},
	"pg-look-name":   {Zh: "列 %s 按名称像是 %s：请用 --protect 或 --show 写明。", En: "Column %s is called as if it held %s: name it with --protect or --show."},
	"pg-looks":       {Zh: "有列看起来含个人信息，既未保护也未声明照原样显示；未作改动。", En: "Some columns look as if they held personal information and are neither protected nor said to be shown; nothing was changed."},
	"pg-confirm":     {Zh: "在一个事务里执行以上语句？输入 yes 执行：", En: "Apply these statements in one transaction? Type yes:"},
	"pg-not-applied": {Zh: "没有执行，什么也没有改动。", En: "Not applied; nothing was changed."},
	"pg-applied":     {Zh: "已执行并记入账本：%s", En: "Applied and recorded: %s"},
	"pg-check-none":  {Zh: "没有发现绕过视图的途径。", En: "No way round the views was found."},
	"pg-check-holes": {Zh: "发现 %d 条绕过视图的途径；端口不提供服务。", En: "%d ways round the views were found; the port does not serve."},
}
