package fault

import "maps"

func init() { maps.Copy(sentences, port) }

// port are the sentences of the PostgreSQL port.
var port = map[string]Sentence{
	"pg-login":        {"用户名或口令不对，或登录已失效。", "The user name or password is wrong, or the login has ended."},
	"pg-login-over":   {"本次登录的有效期已到，请重新取得口令。", "The time of this login is over. Get a new password."},
	"pg-login-ended":  {"本次登录已被终止。", "This login was ended."},
	"pg-killed":       {"系统管理员终止了本会话。", "The operator ended this session."},
	"pg-check":        {"数据库检查发现可绕过视图的途径，端口暂停服务；请系统管理员运行 goldbell pg check。", "The check of the database found a way around the views, so the port does not serve. The operator should run goldbell pg check."},
	"pg-stopping":     {"服务器正在停止。", "The server is stopping."},
	"pg-sessions":     {"会话过多，请稍后再试。", "There are too many sessions. Try again later."},
	"pg-needs-tls":    {"没有证书时此端口只能监听本机；请用 --pg-cert 与 --pg-key 给出证书。", "Without a certificate the port listens on this machine only; give one with --pg-cert and --pg-key."},
	"pg-certificate":  {"证书或私钥无法读取，或两者不相配。", "The certificate or its key cannot be read, or they do not belong together."},
	"pg-tls":          {"此端口只接受 TLS 连接（sslmode=require）。", "This port takes TLS connections only (sslmode=require)."},
	"pg-startup":      {"启动参数中有此端口不允许的项；只接受 user、database、application_name、client_encoding（UTF8）、DateStyle、TimeZone、IntervalStyle、extra_float_digits、bytea_output。", "A start-up parameter is not allowed on this port. Allowed are user, database, application_name, client_encoding (UTF8), DateStyle, TimeZone, IntervalStyle, extra_float_digits and bytea_output."},
	"pg-replication":  {"此端口不提供复制连接。", "This port offers no replication connections."},
	"pg-protocol":     {"收到不符合 PostgreSQL 协议的报文。", "A message broke the PostgreSQL protocol."},
	"pg-database":     {"没有登记这个数据库。", "That database is not enrolled."},
	"pg-backend":      {"端口后面的数据库没有应答。", "The database behind the port does not answer."},
	"pg-backend-full": {"端口后面的数据库连接已满。", "The database behind the port has no connection left."},
	"pg-backend-gone": {"端口后面的数据库断开了连接。", "The database behind the port closed the connection."},
	"pg-pinned":       {"client_encoding 与 standard_conforming_strings 在此端口上不可更改，会话已结束。", "client_encoding and standard_conforming_strings cannot be changed on this port. The session has ended."},
	"pg-large":        {"报文超过上限，或大报文过多。", "The message is over the limit, or there are too many large ones."},
	"pg-placeholder":  {"写入的内容含有占位符，已拒绝；占位符不是数据。", "What was to be written holds a placeholder, so it was refused. Placeholders are not data."},
	"pg-read-only":    {"受保护的列不能通过此端口写入。", "A protected column cannot be written through this port."},
	"pg-hint-api":     {"请通过 HTTP 接口更正个人信息。", "Correct personal information through the HTTP API."},
	"pg-range":        {"受保护的列不能按大小、前缀或模式比较。", "A protected column cannot be compared by size, prefix or pattern."},
	"pg-hint-range":   {"可以用 =、IN 或 = ANY 按完整的值查找。", "Look it up by its whole value with =, IN or = ANY."},
	"pg-order":        {"不能按受保护的列排序。", "Rows cannot be sorted by a protected column."},
	"pg-hint-order":   {"请按主键或其他不受保护的列排序。", "Sort by the key, or by another column that is not protected."},
	"pg-lookup":       {"goldbell.lookup 需要一个可查找的列名和一个值。", "goldbell.lookup needs the name of a column that can be looked up, and one value."},
	"pg-hint-lookup":  {"例如：SELECT * FROM customer WHERE phone IN (SELECT goldbell.lookup('phone', $1))。", "For example: SELECT * FROM customer WHERE phone IN (SELECT goldbell.lookup('phone', $1))."},
	"pg-too-many":     {"一条语句中要查找的值过多（上限 1000）。", "The statement looks up too many values (at most 1000)."},
	"pg-hidden":       {"部分受保护的内容未显示。", "Some protected contents are not shown."},
	"gone":            {"这一行已不在公司的数据库里。", "The row is no longer in the company's database."},
}
