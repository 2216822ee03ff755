package fault

// Lang is a language we answer in.
type Lang uint8

const (
	ZhCN Lang = iota
	En
)

// Sentence is one message in both languages.
type Sentence struct{ Zh, En string }

// In returns the sentence in the language asked for.
func (s Sentence) In(l Lang) string {
	if l == En {
		return s.En
	}
	return s.Zh
}

// Text returns the sentence of a message id; an unknown id gives the sentence of
// "internal", so that no id, and nothing a caller sent, is ever shown.
func Text(id string) Sentence {
	if s, ok := sentences[id]; ok {
		return s
	}
	return sentences["internal"]
}

// Known reports whether the id has a sentence.
func Known(id string) bool { _, ok := sentences[id]; return ok }

// sentences holds every user-visible sentence that is not a rule's (those live
// with their rules in package policy). Ids are lower case with hyphens.
var sentences = map[string]Sentence{
	"internal":            {"系统出错，未放行任何信息；请联系系统管理员。", "Something failed; nothing was released. Please tell the system administrator."},
	"no-grant":            {"没有覆盖此次请求的已分派工单。", "No open work item assigned to you covers this request."},
	"unauthenticated":     {"没有有效的访问令牌。", "There is no valid access token."},
	"not-yours":           {"此操作不属于您的职责。", "This action is not among your duties."},
	"not-found":           {"没有这个对象。", "There is no such object."},
	"unavailable":         {"暂时无法记录，因此未放行任何信息；请稍后再试。", "The record cannot be written now, so nothing was released. Try again later."},
	"stale":               {"作出决定的依据刚刚变化；请重试。", "The facts changed while this was decided. Try again."},
	"keeper-ahead":        {"见证的账本比本机的长：数据库可能被回退，已停止写入。", "The head keeper has seen a longer ledger than this database holds: it may have been rolled back. Writing has stopped."},
	"budget":              {"本时段的额度已用完。", "The budget for this period is used up."},
	"slow-down":           {"被拒绝的请求过多，请稍后再试。", "Too many refused requests. Slow down."},
	"idempotency-body":    {"同一个 Idempotency-Key 用在了不同的请求上。", "This Idempotency-Key was used with another request."},
	"idempotency-late":    {"此请求已记录，重试期限已过或依据已撤回；请发起新的请求。", "This request was recorded; the time to retry is over or its ground was withdrawn. Send a new request."},
	"too-large":           {"请求体超过上限。", "The request body is over the size limit."},
	"bad-request":         {"请求的格式不对，请看 errors 里指出的位置。", "The request is malformed; see the place named in errors."},
	"held":                {"该个人的信息已封存，不能开启。", "This person's information is held: stored, not openable."},
	"erased":              {"该个人的信息已删除。", "This person's information was erased."},
	"cross-origin":        {"此请求来自另一个网站的页面，已拒绝。", "This request was made by a page of another site and was refused."},
	"sign-in-refused":     {"登录未成功。", "The sign-in was refused."},
	"passkey-refused":     {"通行密钥未通过验证，或验证已过期；请重试。", "The passkey was not accepted, or the ceremony is over; try again."},
	"no-passkey":          {"还没有登记通行密钥。", "No passkey is enrolled yet."},
	"step-up-needed":      {"请先用通行密钥重新验证身份（十分钟内有效）；尚无通行密钥的，请用一次性口令登录后登记一个。", "Prove yourself afresh with a passkey (it counts for ten minutes). Who has none enrols one after signing in with a one-time code."},
	"too-many-logins":     {"数据库登录名已达上限；请先停用一个。", "There are as many logins to the port as one person may have; end one first."},
	"too-many-passkeys":   {"通行密钥已达上限；请先停用一个。", "There are as many passkeys as one person may have; end one first."},
	"bad-password":        {"密码须为 12 至 128 个字符，不能是工号或单调重复的字符。", "A password has 12 to 128 characters and is neither the staff number nor one character over and over."},
	"busy":                {"此刻请求太多，请稍后再试。", "Too much is asked at this moment; try again shortly."},
	"no-oidc":             {"本系统未设置统一身份认证。", "No identity provider is set up here."},
	"oidc-silent":         {"统一身份认证没有应答或应答有误；请稍后再试，或用通行密钥登录。", "The identity provider does not answer, or not as it must. Try again later, or sign in with a passkey."},
	"oidc-not-fresh":      {"统一身份认证没有按设置重新验证身份；请用通行密钥。", "The identity provider did not verify you afresh as the settings want it. Use a passkey."},
	"bad-oidc":            {"统一身份认证的设置（sign_in.oidc）有误：需要 https 的 issuer、client、工号所在的 claim，以及数据目录之外的 0600 密钥文件或 env:变量名。", "The settings of the identity provider (sign_in.oidc) are wrong: an https issuer, a client, the claim with the staff number, and a secret in a file of mode 0600 outside the data directory or in env:NAME are needed."},
	"bad-url":             {"设置中的网址（sign_in.url）有误：需要 https:// 加主机名，不带路径，例如 https://goldbell.example.com；本机试用可写 http://localhost:8470。", "The address in the settings (sign_in.url) is wrong: it is https:// and a host name without a path, such as https://goldbell.example.com; http://localhost:8470 to try it out on this machine."},
	"retention-failed":    {"到期信息的删除未能完成，将再次尝试。", "What is past its retention could not be erased; it is tried again."},
	"bad-code":            {"一次性口令无效或已使用。", "The one-time code is wrong or was used."},
	"second-person":       {"此操作需要另一位有权的人批准。", "This needs the approval of a second authorised person."},
	"no-open-case":        {"没有这个未结案的投诉或事件；找到的文件只能在其下比对。", "There is no such open complaint or incident; a found file is matched under one only."},
	"found-differs":       {"收到的文件与事先说明的不是同一个（SHA-256 或行数不同），未作回答。", "The file that came is not the one that was named (its SHA-256 or number of rows differs); nothing was answered."},
	"found-decided":       {"这个文件不在等候批准。", "This file does not wait for an approval."},
	"exists":              {"同名对象已存在。", "An object of that name exists."},
	"key-destroyed":       {"保护这些数据的密钥已按期销毁，无法开启。", "The key that protected this was destroyed on schedule; it cannot be opened."},
	"seal-broken":         {"密文与其位置不符或已被改动，未放行任何信息。", "The sealed bytes were altered or moved; nothing was released."},
	"keyring-damaged":     {"密钥环损坏，或不属于此根密钥。", "The key ring is damaged or belongs to another root key."},
	"keyring-changed":     {"密钥环已被另一进程改写；请重新启动。", "Another process changed the key ring; restart."},
	"key-in-use":          {"仍有未重新封装的密钥，旧密钥暂未销毁。", "Keys are still wrapped under an old month; its key was kept."},
	"keys-exist":          {"密钥目录中已有密钥文件，未作改动。", "The key directory already holds key files; nothing was changed."},
	"bad-origin":          {"账本名称不能为空，也不能含空格或加号。", "The ledger's name must not be empty or hold spaces or plus signs."},
	"no-period-key":       {"本月密钥尚未建立。", "This month's key has not been made yet."},
	"no-root-key":         {"根密钥文件缺失或格式不对。", "The root key file is missing or malformed."},
	"no-key-files":        {"密钥目录缺少文件。", "Files are missing from the key directory."},
	"keys-readable":       {"密钥文件或目录对其他账户开放；请改为 0600 和 0700。", "Key files or their directory are open to other accounts: set 0600 and 0700."},
	"keys-unwritable":     {"密钥目录无法写入，未作任何改动。", "The key directory cannot be written; nothing was changed."},
	"bad-rules":           {"公司规则有误，未启用；请看指出的规则和行。", "The company's rules are wrong and were not put into force; see the rule and line named."},
	"row-forged":          {"一行权限记录不是由账本写入的，已拒绝。", "A row that gives power was not written by the ledger; it was refused."},
	"no-receipt":          {"没有已记录的凭据，不开启任何信息。", "There is no receipt of a recorded entry; nothing is opened."},
	"receipt-used":        {"凭据已使用。", "The receipt was used."},
	"receipt-late":        {"凭据已过期；请重试。", "The receipt expired. Try again."},
	"ledger-broken":       {"账本与其签名不符，已停止写入；请运行 goldbell ledger verify。", "The ledger does not match its signature. Writing has stopped; run goldbell ledger verify."},
	"keeper-unreadable":   {"账本头见证文件无法读取。", "The head keeper's file cannot be read."},
	"keeper-unwritable":   {"账本头见证文件无法写入。", "The head keeper's file cannot be written."},
	"closed-log":          {"这个数据库属于已被一次恢复关闭的旧账本，已停止写入。请使用恢复后的数据目录；如已丢失，再次运行 goldbell restore。", "This database belongs to a log that a restore closed. Writing has stopped. Use the data directory that was restored; if it is lost, run goldbell restore again."},
	"restore-unfinished":  {"这个数据目录或其数据库停在一次未完成的恢复中，不能使用；请再次运行同一条 goldbell restore 命令。", "A restore of this data directory, or of its database, did not come to its end, and nothing in it may be used. Run the same goldbell restore again."},
	"restore-forked":      {"别处保存的账本头与这份备份不是同一段历史，未作恢复。请保存两者作为证据。", "A head that was kept elsewhere is of another history than this backup; nothing was restored. Keep both: they are evidence."},
	"seen-unreadable":     {"有一处账本头或镜像读不出来、没有应答或不是本账本签的；未作恢复，因为它可能见过更多。", "A kept head or mirror cannot be read, does not answer, or is not signed by this log. Nothing was restored, as it may have seen more."},
	"mirror-differs":      {"镜像的条目与其签名的账本头不符，未作恢复。", "The mirror's entries are not those of its signed head; nothing was restored."},
	"keys-older":          {"这个密钥环比备份还旧，不知道此后删除了谁；请用今天的密钥环。", "This key ring is older than the backup and does not know who was erased since. Use today's."},
	"keys-in-use":         {"另一个进程正在使用这些密钥；恢复前请先停止服务。", "Another process is using these keys. End the server before restoring."},
	"backup-damaged":      {"备份不完整或已被改动，未作恢复。", "The backup is cut off or was altered; nothing was restored."},
	"backup-foreign":      {"备份来自另一版本的程序，这个程序读不了。", "The backup was made by another version of the program, which this one does not read."},
	"backup-exists":       {"文件已存在，或正在被写入；未作改动。", "The file exists, or somebody is writing it; nothing was changed."},
	"backup-unwritable":   {"备份文件无法写入；没有留下半个文件。", "The backup file cannot be written; no half of it was left."},
	"backup-inside-data":  {"备份不能放在数据目录之内。", "The backup must not lie inside the data directory."},
	"wrong-identity":      {"这个私钥打不开这份备份。", "This secret key does not open this backup."},
	"bad-recipient":       {"--recipient 需要 age1… 公钥，或每行一个公钥的文件。", "--recipient needs a key age1…, or a file with one per line."},
	"bad-identity":        {"--identity 需要含私钥的文件（AGE-SECRET-KEY-…）。", "--identity needs a file with a secret key (AGE-SECRET-KEY-…)."},
	"database-not-empty":  {"数据库的 schema 不是空的，未作改动。", "The schema of the database is not empty; nothing was changed."},
	"file-unreadable":     {"文件不存在或无法读取。", "The file does not exist or cannot be read."},
	"policy-unreadable":   {"策略文件不存在或无法读取。", "The file with the policy does not exist or cannot be read."},
	"rules-missing":       {"规则缺失或无法载入，已停止放行。", "The rules are missing or do not load; nothing is released."},
	"import-done":         {"此导入已结束。", "This import is finished."},
	"already-stored":      {"这批记录此前已存入。", "These rows were stored before."},
	"no-state-dir":        {"找不到用户状态目录；请用 --keeper 指定。", "The user's state directory was not found; name one with --keeper."},
	"keys-inside-data":    {"密钥目录不能放在数据目录内；请用 --keys 指定别处。", "The key directory must not lie inside the data directory; name another with --keys."},
	"keeper-inside-data":  {"账本头见证目录不能放在数据目录内；请用 --keeper 指定别处。", "The head keeper's directory must not lie inside the data directory; name another with --keeper."},
	"not-a-data-dir":      {"这里没有 Goldbell 数据目录；请先运行 goldbell init。", "There is no Goldbell data directory here; run goldbell init first."},
	"settings-unreadable": {"数据目录的设置文件无法读取。", "The data directory's settings cannot be read."},
	"data-unwritable":     {"数据目录无法写入。", "The data directory cannot be written."},
	"bad-schema":          {"字段定义有误。", "The schema is wrong."},
	"data-not-empty":      {"数据目录不是空的，未作改动。", "The data directory is not empty; nothing was changed."},
	"data-in-use":         {"数据目录正被另一进程使用。", "Another process is using the data directory."},
	"address-in-use":      {"无法监听该地址；可能已被占用。", "The address cannot be listened on; it may be in use."},
	"interrupted":         {"已中断。", "Interrupted."},
	"forgotten":           {"该个人的记录密钥已按期销毁，不能再出具新的证明。", "This person's record key was destroyed on schedule; no new proofs can be made."},
	"bad-switch":          {"交换机设置有误：需要 https 地址、证书文件和 0600 的密钥文件。", "The switch's settings are wrong: an https address, a certificate file and a key file of mode 0600 are needed."},
	"call-unconfirmed":    {"呼叫已记录，但交换机未确认；可用同一请求重试。", "The call is recorded, but the switch did not confirm it. The same request may be repeated."},
	"no-number":           {"该个人没有可呼叫的号码。", "This person has no number to call."},
	"number-taken":        {"此号码在该时段已登记为另一单位的主叫号码。", "The number is declared as another organisation's for that time."},
	"kind-fixed":          {"类别一经登记不能更改；请另立新号。", "The kind cannot change; register a new id."},
	"closed":              {"此对象已关闭。", "This is closed already."},
	"bad-state":           {"投诉当前状态不允许此操作。", "The complaint's state does not allow this."},
	"not-assessed":        {"尚未依据溯源记录统计受影响的人；请先选定一次溯源。", "Whom this affects was not counted from the records yet. Choose a run of a trace first."},
	"assessed-before":     {"统计之后又并入了投诉；请重新溯源并统计。", "Complaints joined since the count. Run the trace again and count anew."},
	"run-of-others":       {"这次溯源没有包括此事件的全部投诉。", "This run does not rest on all complaints of this incident."},
	"not-silent-yet":      {"答复后的等待期未满；在此之前只有投诉人本人可以办结。", "The time to wait after an answer is not over; until then only the complainant closes."},
	"own-contact":         {"此联系方式登记在本公司人员或合作伙伴名下，不能确认投诉。", "This contact is registered to our own people or a partner; it cannot confirm a complaint."},
	"file-too-large":      {"文件超过 10 MiB，没有保存。", "The file is over 10 MiB; it was not kept."},
	"too-many-files":      {"每件投诉最多 5 个文件，没有保存。", "A complaint has 5 files at most; this one was not kept."},
	"session-over":        {"验证已过期，请重新获取口令。", "Your code is no longer good. Ask for a new one."},
	"undelivered":         {"消息已记录，但服务商未接收。", "The message is recorded, but the provider did not take it."},
	"bad-courier":         {"消息渠道设置有误：邮件需要服务器、发件人和证书，短信需要 https 地址和 0600 的密钥文件。", "The courier's settings are wrong: mail needs a server, a sender and certificates; SMS an https address and a key file of mode 0600."},
	"no-courier":          {"尚未设置能送达此联系方式的短信或邮件渠道。", "No SMS or mail provider is set up that reaches this contact."},
	"appeal-over":         {"申诉期已过。", "The time to contest is over."},
	"appealed":            {"已就此答复提出过申诉，或有申诉尚待答复。", "This answer was appealed already, or an appeal waits for its answer."},
	"witness-ahead":       {"外部见证所见的账本比本机的长或不同：数据库可能被回退或分叉，已停止写入；见 docs/operate/witness.md。", "An outside witness has seen a longer or another ledger than this database holds: it may have been rolled back or forked. Writing has stopped; see docs/operate/witness.md."},
	"no-quorum":           {"外部见证超时未签名；按本公司的设置，在签名之前不再放行。", "The outside witnesses have not signed for too long; by this company's setting nothing is released until they do."},
	"no-outside-witness":  {"没有外部见证。", "No outside witness."},
	"witness-late":        {"外部见证已有一段时间没有签名。", "The outside witnesses have not signed for some time."},
	"bad-witness-policy":  {"log.policy 或见证设置有误。", "log.policy or the settings of the witnesses are wrong."},
	"witness-silent":      {"见证没有应答，或应答无法核验。", "The witness did not answer, or its answer does not verify."},
	"bad-case":            {"案件文件夹有错，请看指出的文件和行。", "The case folder is malformed; see the file and line named."},
	"no-such-complaint":   {"要排除的投诉不在所问的时间段内；请核对编号。", "A complaint to be left out is not among those asked about; check its id."},
	"notice-version":      {"该处理目的已有这一版本的告知；版本不得更改。", "The purpose has a notice of this version; a version is never changed."},
	"no-decoy":            {"这不是已登记的诱饵联系方式；如是客户的，请按投诉提交。", "This is no decoy's number or address; if it is a customer's, file a complaint."},
	"not-named":           {"该次溯源没有指到此人。", "The run does not name this person."},
	"needs-record-key":    {"此人不在该条目之中；要证明这一点须交出其记录密钥（record_key）。", "This person is not in the entry; showing that takes her record key (record_key)."},
	"pack-too-large":      {"证据包超过上限；请缩短时间范围。", "The pack would be over the size limit; narrow the window."},
	"kept-foreign":        {"所附检查点不是本账本签名的检查点。", "The checkpoint is not one that this ledger signed."},
	"kept-lost":           {"所附检查点属于已关闭的日志，且超出其被恢复的部分：其后的条目在恢复时已丢失。", "The checkpoint is of a log that was closed, and longer than what was restored of it: the entries beyond that were lost."},
	"kept-ahead":          {"所附检查点比本账本更长：本账本可能被回退。", "The checkpoint is of a longer ledger than this one: this one may have been rolled back."},
	"kept-fork":           {"所附检查点与本账本的历史不同：账本有两个版本。", "The checkpoint does not belong to this ledger's history: there are two versions of it."},
	"evidence-changed":    {"溯源所依据的投诉与当时记录的不符。", "The complaints that a trace rested on are not those it recorded."},
	"export-empty":        {"账本还没有条目，没有可导出的内容。", "The ledger has no entries yet; there is nothing to export."},
	"export-other":        {"目标目录里有别的内容，或是另一本账，或已被改动；未作改动。请换一个空目录。", "The directory holds something else, another log, or an altered copy; nothing was changed. Name an empty directory."},
	"export-unwritable":   {"目标目录无法写入。", "The directory cannot be written."},
	"audit-failed":        {"后台核验发现账本有不符之处；请运行 goldbell ledger verify 查看。", "The audit in the background found that the ledger does not match; run goldbell ledger verify to see where."},
	"audit-stopped":       {"后台核验无法继续，将稍后重试。", "The audit in the background could not go on; it will be tried again."},
	"not-erased":          {"该个人的信息尚未删除；须先删除，记录期满后才能销毁记录密钥。", "This person's information was not erased yet; that comes first, and her record key is destroyed when the record's time is over."},
	"record-kept":         {"该个人的记录仍在保存期内（最后一条记录之后三年），不能销毁。", "This person's record must still be kept (three years after its last entry); it was not destroyed."},
	"forget-again":        {"数据库里有已销毁记录密钥的个人的残留，已再次清除。", "The database held rows of a person whose record key was destroyed; they were deleted again."},
	"sample-empty":        {"账本还没有条目，无从抽样。", "The ledger has no entries yet; there is nothing to sample."},
	"sheet-sensitive":     {"敏感个人信息须以法定职责、单独同意或紧急情况为合法性基础。", "Sensitive personal information needs a legal duty, separate consent or an emergency as its legal basis."},
	"sheet-why":           {"请写明该处理目的为什么需要这个字段。", "Say why the purpose needs this field."},
	"over-ceiling":        {"额度超过产品允许的上限。", "The cap is above the highest the product allows."},
	"not-for-yourself":    {"不能为自己申请或分派；请由另一位同事提出。", "Nobody asks for, or assigns, this for himself; a colleague has to."},
	"outside-sheet":       {"所请求的字段或形式超出该处理目的表。", "The fields or the form go beyond the purpose sheet."},
	"not-a-holder":        {"该处理目的不由此人的岗位或单位承担。", "This purpose is not held by this person's post or organisation."},
	"decided":             {"这件事已有决定。", "This was decided already."},
	"prove-again":         {"批准或启用应急授权之前，请重新验证身份。", "Prove yourself afresh before you approve, or break the glass."},
	"proposal-overtaken":  {"在此期间规则已变更；请重新提出并试运行。", "Other rules came into force since; propose and try the change anew."},
	"proposal-untried":    {"这项变更尚未试运行；请先试运行再批准。", "The change was not tried yet; try it before it is approved."},
	"ground-gone":         {"该例外所依据的工单或人员已不再有效。", "The work item or the person this rests on is no longer good for it."},
	"review-due":          {"您的应急授权尚待审查，审查之前不能再次启用。", "Your break-glass waits for its review; you cannot use it again before."},
	"watch-failed":        {"无法继续核查账本，告警暂停；系统会自动重试。", "The ledger cannot be watched now, so no alerts are raised; it is tried again."},
	"pairs-failed":        {"无法生成每周的“投诉分不开的接收人”报告；一分钟后再试。", "The weekly report of recipients whom complaints cannot separate cannot be made now; it is tried again in a minute."},
	"index-failed":        {"无法更新查阅索引；溯源时会再试，期间答复可能较慢。", "The index of who was shown whom cannot be brought up to date now; a trace tries again and may take longer."},
}
