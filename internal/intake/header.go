package intake

import (
	"strings"
	"unicode"

	"github.com/goldbell/goldbell/internal/pii"
)

// synonyms are column names as companies write them, after [plainName].
var synonyms = func() map[string]pii.Field {
	m := map[string]pii.Field{}
	for field, names := range map[pii.Field]string{
		pii.Name:     `姓名 名字 客户姓名 客户名 联系人 联系人姓名 用户姓名 会员姓名 真实姓名 中文姓名 name fullname customername contactname contactperson realname`,
		pii.Phone:    `手机号 手机号码 手机 移动电话 联系电话 联系手机 联系手机号 电话 电话号码 联系号码 客户电话 客户手机 客户手机号 联系人电话 联系人手机 手机電話 mobile mobilenumber mobileno mobilephone phone phonenumber phoneno tel telephone telno telephonenumber cell cellphone contactnumber contactphone`,
		pii.Email:    `邮箱 电子邮箱 邮件 电子邮件 邮箱地址 邮件地址 联系邮箱 电邮 客户邮箱 email emailaddress mail mailaddress`,
		pii.IDNumber: `身份证号 身份证号码 身份证 证件号码 证件号 居民身份证号 居民身份证号码 公民身份号码 公民身份证号码 idnumber idno idcard idcardno idcardnumber nationalid identitynumber citizenid`,
		pii.Company:  `公司 公司名称 公司名 单位 单位名称 工作单位 企业 企业名称 所属公司 客户公司 company companyname employer organization organisation`,
		pii.Address:  `地址 联系地址 通讯地址 详细地址 公司地址 收货地址 家庭住址 住址 居住地址 客户地址 address contactaddress mailingaddress postaladdress streetaddress`,
	} {
		for n := range strings.FieldsSeq(names) {
			m[n] = field
		}
	}
	return m
}()

// undecided are names that may be a phone or an e-mail: content decides.
var undecided = map[string]bool{"联系方式": true, "联系": true, "联系信息": true, "联络方式": true, "contact": true, "contactinfo": true, "contacts": true, "contactdetails": true}

// foreign words mark columns that hold somebody else's number, or a number that
// only looks like one. Such a column is never taken for its content alone.
var foreign = []string{"紧急", "推荐", "介绍", "销售", "业务", "客服", "经办", "跟进", "负责", "法人", "担保", "配偶", "父", "母", "家长",
	"员工", "坐席", "经理", "订单", "单号", "流水", "备注", "说明", "qq", "微信", "wechat", "emergency", "refer", "sales", "agent",
	"owner", "manager", "staff", "order", "serial", "remark", "note", "comment"}

// plainName is a column name without case, width, spaces, punctuation and what
// stands in brackets: "Mobile No.（必填）" reads mobileno. A name that stands in
// brackets whole, as 【电话】, is what they hold.
func plainName(s string) string {
	if outside := lettersOf(s, false); outside != "" {
		return outside
	}
	return lettersOf(s, true)
}

func lettersOf(s string, inside bool) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		if r >= '！' && r <= '～' {
			r -= 0xFEE0
		}
		switch {
		case strings.ContainsRune("([{【", r):
			depth++
		case strings.ContainsRune(")]}】", r):
			depth = max(0, depth-1)
		case (inside || depth == 0) && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// byName finds the field a column name means: a field of the schema by its own
// name, or a synonym of a registration field.
func byName(schema pii.Schema, name string) (pii.Field, bool) {
	if s, ok := schema.Spec(pii.Field(strings.ToLower(strings.TrimSpace(name)))); ok {
		return s.Field, true
	}
	field, ok := synonyms[plainName(name)]
	if !ok {
		return "", false
	}
	_, ok = schema.Spec(field)
	return field, ok
}

// headerScore ranks ways to split the first line: known names, then columns.
func headerScore(cells []string) int {
	known := 0
	for _, c := range cells {
		n := plainName(c)
		if _, ok := synonyms[n]; ok || undecided[n] {
			known++
		}
	}
	return known*10_000 + min(len(cells), 9_999)
}

func isForeign(name string) bool {
	name = plainName(name)
	for _, w := range foreign {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// FieldOf finds the field a column's name means, in a list or a database.
func FieldOf(schema pii.Schema, column string) (pii.Field, bool) { return byName(schema, column) }
