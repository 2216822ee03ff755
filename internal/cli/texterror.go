package cli

import "github.com/goldbell/goldbell/internal/fault"

// errorText holds the sentences of failures. None repeats what was typed; the
// arguments are names of ours, and counts.
var errorText = map[string]fault.Sentence{
	"no-command":            {Zh: "请写明命令；goldbell help 列出全部命令。", En: "Say which command; goldbell help lists them."},
	"unknown-command":       {Zh: "没有这个命令；goldbell help 列出全部命令。", En: "There is no such command; goldbell help lists them."},
	"unknown-command-near":  {Zh: "没有这个命令；是想用 goldbell %s 吗？", En: "There is no such command; did you mean goldbell %s?"},
	"command-incomplete":    {Zh: "命令不完整，可以是：%s。", En: "The command is incomplete; it may be: %s."},
	"not-in-build":          {Zh: "这个程序不含此命令。", En: "This build does not hold that command."},
	"unknown-flag":          {Zh: "没有这个选项；见 goldbell help %s。", En: "There is no such flag; see goldbell help %s."},
	"unknown-flag-near":     {Zh: "没有这个选项；是想用 --%s 吗？见 goldbell help %s。", En: "There is no such flag; did you mean --%s? See goldbell help %s."},
	"flag-needs-value":      {Zh: "选项 --%s 后面缺少内容。", En: "Flag --%s needs a value."},
	"flag-value":            {Zh: "选项 --%s 的内容不对。", En: "The value of flag --%s is not valid."},
	"flag-missing":          {Zh: "缺少选项 --%s；见 goldbell help %s。", En: "Flag --%s is needed; see goldbell help %s."},
	"missing-argument":      {Zh: "缺少 %s；见 goldbell help %s。", En: "%s is missing; see goldbell help %s."},
	"extra-argument":        {Zh: "多出了内容；见 goldbell help %s。", En: "There is something too many on the line; see goldbell help %s."},
	"no-data":               {Zh: "请用 --data 写明数据目录，或设置 GOLDBELL_DATA。", En: "Say where the data directory is with --data, or set GOLDBELL_DATA."},
	"no-token":              {Zh: "这个命令要以某人的身份进行：请把访问令牌放在 GOLDBELL_TOKEN 里。", En: "This command acts as somebody: put an access token into GOLDBELL_TOKEN."},
	"file-unreadable":       {Zh: "文件不存在、不是普通文件或无法读取。", En: "The file does not exist, is no plain file or cannot be read."},
	"folder-unreadable":     {Zh: "文件夹不存在或无法读取。", En: "The folder does not exist or cannot be read."},
	"checkpoint-unreadable": {Zh: "--checkpoint 指的文件不存在或无法读取。", En: "A file named by --checkpoint does not exist or cannot be read."},
	"policy-unreadable":     {Zh: "--policy 指的文件不存在或无法读取。", En: "The file named by --policy does not exist or cannot be read."},
	"output":                {Zh: "标准输出写不进去。", En: "Standard output cannot be written."},
	"server-silent":         {Zh: "数据目录的服务没有应答；请稍后再试。", En: "The server of the data directory does not answer. Try again later."},
	"interrupted":           {Zh: "已中断。", En: "Interrupted."},

	// Faults of the witness's own commands.
	"witness-none":       {Zh: "这里没有见证；先运行 goldbell witness init。", En: "There is no witness here; run goldbell witness init first."},
	"witness-exists":     {Zh: "这里已有一个见证，未作任何改动。", En: "There is a witness here already; nothing was changed."},
	"witness-in-use":     {Zh: "另一个进程正在用这个目录签名。", En: "Another process signs from this directory."},
	"witness-name":       {Zh: "见证的名称不对：不能为空，不能含空格或加号（--name）。", En: "The witness's name is wrong: it must not be empty or hold spaces or plus signs (--name)."},
	"witness-logs":       {Zh: "账本的公钥不对，或同一账本写了两次。", En: "A log's key is not a vkey, or one log is there twice."},
	"witness-key":        {Zh: "见证的私钥文件读不出来。", En: "The witness's private key cannot be read."},
	"witness-state":      {Zh: "见证的状态文件缺失、损坏或属于别的密钥；在弄清之前它不签名。", En: "The witness's state is missing, damaged or of another key; until that is cleared up it signs nothing."},
	"witness-unwritable": {Zh: "见证的目录无法写入。", En: "The witness's directory cannot be written."},
	"bad-vkey":           {Zh: "--vkey 不是见证的公钥。", En: "--vkey is not a witness's key."},
	"policy-by-hand":     {Zh: "log.policy 里有自己写的组；请直接编辑这个文件。", En: "log.policy holds groups of its own; please edit the file itself."},

	// Faults of package server that only commands meet.
	"data-unwritable":     {Zh: "数据目录无法写入。", En: "The data directory cannot be written."},
	"data-not-empty":      {Zh: "数据目录不是空的，未作任何改动。", En: "The data directory is not empty; nothing was changed."},
	"data-in-use":         {Zh: "另一个进程正在使用这个数据目录。", En: "Another process owns this data directory."},
	"not-a-data-dir":      {Zh: "这里没有金钟罩的数据；先运行 goldbell init。", En: "There is no Goldbell data here; run goldbell init first."},
	"settings-unreadable": {Zh: "数据目录的设置文件读不出来。", En: "The settings of the data directory cannot be read."},
	"no-state-dir":        {Zh: "找不到用户状态目录；请用 --keeper 指明。", En: "There is no user's state directory; name one with --keeper."},
	"keys-inside-data":    {Zh: "密钥不能放在数据目录之内（--keys）：备份数据就会连钥匙一起带走。", En: "Keys must not lie inside the data directory (--keys): a backup of the data would carry them along."},
	"keeper-inside-data":  {Zh: "账本头见证不能放在数据目录之内（--keeper）：恢复旧备份会连它一起退回。", En: "The head keeper must not lie inside the data directory (--keeper): restoring a backup would roll it back too."},
	"bad-schema":          {Zh: "字段文件不对：需要 JSON 数组，每项有 field、kind、level。", En: "The file of fields is wrong: a JSON array is needed, each item with field, kind, level."},
	"address-in-use":      {Zh: "地址无法监听，可能已被占用。", En: "The address cannot be listened on; it may be in use."},

	"log-needs":          {Zh: "请写明 --map 映射文件和 --out 文件夹。", En: "Give --map FILE and --out FOLDER."},
	"log-exists":         {Zh: "文件夹里已有 disclosures.csv，未作任何改动。", En: "The folder already holds a disclosures.csv; nothing was changed."},
	"log-unwritable":     {Zh: "文件夹无法写入，什么也没有写成。", En: "The folder cannot be written; nothing was left in it."},
	"log-map-unreadable": {Zh: "--map 指的文件不存在或无法读取。", En: "The file named by --map does not exist or cannot be read."},
	"found-needs":        {Zh: "请用 --complaint 写明未结案投诉的编号。", En: "Name the open complaint with --complaint."},
	"found-empty":        {Zh: "文件里没有数据行。", En: "The file has no rows of data."},
	"found-id":           {Zh: "编号须为 32 位十六进制数字。", En: "The id must be 32 hexadecimal digits."},
	"found-waits":        {Zh: "文件有 %d 行，须另一位负责人批准：goldbell trace approve %s；之后再运行同一命令。", En: "The file has %d rows, and another officer must approve: goldbell trace approve %s. Then run the same command again."},
	"trace-both":         {Zh: "--case 不能与 --data、--from、--until 同用。", En: "--case does not go with --data, --from or --until."},
	"trace-neither":      {Zh: "请写明 --case 文件夹，或 --data 数据目录。", En: "Give --case FOLDER, or --data DIR."},
	"trace-window":       {Zh: "--from 须早于 --until。", En: "--from must be before --until."},

	"import-sum":            {Zh: "行数对不上：存入、合并、拒绝之和不等于读到的行数；请勿采信这次导入，并告知系统管理员。", En: "The rows do not add up: stored, merged and refused are not the rows read. Do not rely on this import; tell the system administrator."},
	"import-differs":        {Zh: "行数对不上：应存入 %d 人，服务存入了 %d 人；请告知系统管理员。", En: "The rows do not add up: %d subjects were to be stored, the server stored %d. Tell the system administrator."},
	"import-server-refused": {Zh: "服务拒绝了 %d 行（从数据第 %d 行起的一批），而这些行在本机检查时合格；已停止。数据目录的字段可能与登记字段不同。", En: "The server refused %d rows (of the batch that begins at data row %d) that were valid here. Stopped. The data directory's fields may differ from the registration fields."},
	"import-stopped":        {Zh: "已停止：%d/%d 人已存入。用同一命令继续，不会重复存入。", En: "Stopped: %d of %d subjects are stored. The same command goes on from there and stores nothing twice."},
	"import-resume":         {Zh: "已有 %d/%d 人存入；稍后用同一命令继续，不会重复存入。", En: "%d of %d subjects are stored; run the same command later to go on, nothing is stored twice."},
	"import-not-deleted":    {Zh: "有文件删不掉；请自行删除。", En: "A file could not be deleted; delete it yourself."},

	"sample-count": {Zh: "请写明抽取多少个条目：1 到 1000。", En: "Say how many entries to draw: 1 to 1000."},
	"subject-id":   {Zh: "个人编号不对：需要 32 位十六进制数字。", En: "The person's id is wrong: 32 hexadecimal digits are needed."},
}
