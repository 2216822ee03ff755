package fault

import "maps"

func init() { maps.Copy(sentences, postgres) }

// postgres are the sentences about a company's own database and its port.
var postgres = map[string]Sentence{
	"pg-dsn":               {"连接串有误。", "The connection string is malformed."},
	"pg-unreachable":       {"无法以所给的连接串连接数据库。", "The database cannot be reached with this connection string."},
	"pg-source":            {"公司的数据库暂时读不到；未放行任何信息。", "The company's database cannot be read for now; nothing was released."},
	"pg-table-name":        {"表名须写成 SCHEMA.TABLE。", "The table is written SCHEMA.TABLE."},
	"pg-no-table":          {"数据库里没有这张表或视图。", "The database has no such table or view."},
	"pg-enrolled":          {"这张表已经接入。", "This table is enrolled already."},
	"pg-not-enrolled":      {"这张表没有接入。", "This table is not enrolled."},
	"pg-referred-to":       {"还有已接入的表引用它；请先撤出那些表。", "Other enrolled tables refer to it; take those out first."},
	"pg-nothing-protected": {"须指出要保护的列；没有可保护的列，请加 --open。", "Name the columns to protect; if there are none, say --open."},
	"pg-open-protects":     {"--open 的表不保护任何列，也没有个人。", "A table enrolled with --open protects no column and has no subject."},
	"pg-no-column":         {"表里没有所写的列。", "The table has no column of that name."},
	"pg-which-field":       {"列名看不出是哪个登记字段；请写成 列名=字段。", "The column's name does not say which field it holds; write COLUMN=FIELD."},
	"pg-column-twice":      {"同一列写了两次。", "A column is named twice."},
	"pg-no-subject":        {"须指出标识个人的列，一至八个；表没有主键时不能省略。", "Name the columns that identify the subject, one to eight; without a primary key they cannot be left out."},
	"pg-key-type":          {"标识列的类型不支持：其文本取决于设置。", "This type cannot be a key: its text depends on settings."},
	"pg-subject-not-key":   {"标识列既不是唯一且非空的键，也不引用已接入的表。", "The subject's columns are no unique NOT NULL key, and refer to no enrolled table."},
	"pg-no-primary-key":    {"引用已接入表的表须有主键。", "A table that refers to an enrolled one needs a primary key."},
	"pg-key-protected":     {"要保护的列不能用作标识：标识会写在占位符里。请用另一唯一列，或加一列随机标识。", "A protected column cannot be the key: the placeholder shows the key. Use another unique column, or add a random one."},
	"pg-looks-protected":   {"有列看起来含个人信息，既未保护也未声明照原样显示；未作改动。", "Some columns look as if they held personal information and are neither protected nor said to be shown; nothing was changed."},
	"pg-statement-failed":  {"数据库拒绝了其中一条语句，全部撤回；所用角色须拥有该表并可建角色。", "The database refused one of the statements and all were taken back; the role must own the table and be able to make roles."},
	"pg-other-database":    {"已接入另一个数据库；目前每个数据目录只接入一个。", "Another database is enrolled; one data directory has one for now."},
	"pg-no-database":       {"没有接入任何数据库；请先运行 goldbell pg enrol。", "No database is enrolled; run goldbell pg enrol first."},
	"pg-bypass":            {"有绕过视图的途径，端口不提供服务；请运行 goldbell pg check 查看。", "There is a way round the views, so the port does not serve; run goldbell pg check."},
	"pg-sweep-failed":      {"逐行登记已接入的表时中断，将稍后重试。", "The pass over an enrolled table was cut short; it will be tried again."},
	"source-changed":       {"公司数据库里的值刚刚变了，请再试。", "The value in the company's database has just changed; try again."},
	"sourced":              {"此人的信息在公司自己的数据库里，请在那里更正。", "This person's values lie in the company's own database; correct them there."},

	"pg-note-no-ddl-trigger": {"所用角色不是超级用户，数据库不会在结构变化时通知；只按时检查。", "The role is no superuser, so the database does not tell of changes to its structure; checks run by the clock only."},
	"pg-note-read-only":      {"经端口不能写入这张表：它是视图，或有触发器、规则、行级安全或自定义函数。", "This table cannot be written through the port: it is a view, or has triggers, rules, row security or functions of its own."},

	"pg-hole-attribute":     {"只读角色有不该有的属性", "the reader has an attribute it must not have"},
	"pg-hole-no-role":       {"只读角色不存在", "the reader does not exist"},
	"pg-hole-member":        {"只读角色是另一角色的成员", "the reader is a member of another role"},
	"pg-hole-source-member": {"有角色是取值角色的成员", "a role is a member of the source's role"},
	"pg-hole-owner":         {"只读角色拥有对象", "the reader owns objects"},
	"pg-hole-relation":      {"只读角色能碰到视图之外的表", "the reader reaches a relation that is none of the views"},
	"pg-hole-key":           {"只读角色能改动指明行与个人的列", "the reader may change a column that names rows or subjects"},
	"pg-hole-person":        {"个人的数据库角色有自己的权限", "the role of one person has rights of its own"},
	"pg-hole-catalogue":     {"只读角色能读到系统表里的值", "the reader reads values out of the catalogue"},
	"pg-hole-definer":       {"只读角色能执行以他人权限运行的函数", "the reader may execute a function that runs with another's rights"},
	"pg-hole-outside":       {"只读角色能执行通向数据库之外的函数", "the reader may execute a function that leads outside the database"},
	"pg-hole-foreign":       {"只读角色能用外部服务器", "the reader may use a foreign server"},
	"pg-hole-create":        {"只读角色能建对象", "the reader may create objects"},
	"pg-hole-large-object":  {"只读角色能读大对象", "the reader may read a large object"},
	"pg-hole-language":      {"只读角色能用不受限的语言", "the reader may use an untrusted language"},
	"pg-hole-view-changed":  {"视图与接入时不同", "a view is not what it was when it was enrolled"},
	"pg-hole-view-gone":     {"视图不在了", "a view is gone"},
	"pg-hole-table-changed": {"已接入的表不在了，或少了列", "an enrolled table, or one of its columns, is gone"},
	"pg-hole-acting":        {"表上有触发器之类会以只读角色运行的东西", "triggers or the like run as the reader when it writes this table"},
	"pg-hole-data":          {"未保护的列里有占位符的开头", "an unprotected column holds what begins a placeholder"},
}
