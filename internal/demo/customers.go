package demo

import (
	"fmt"
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
)

// customers are made up: a number and a seed give the same person again, so that
// nothing about them is kept. E-mail addresses are under names reserved for
// examples; a number is dialled by nothing but the simulated switch.
type customers struct{ seed uint64 }

// row is customer i, as an import would hand him over.
func (c customers) row(i int) map[pii.Field]pii.Value {
	d := roll(c.seed, "customer", i)
	row := map[pii.Field]pii.Value{pii.Name: pii.NewValue(personName(d)), pii.Phone: c.phone(i)}
	if d.chance(700) {
		row[pii.Email] = pii.NewValue(fmt.Sprintf("%s%s%d@example.%s", one(d, syllables), one(d, syllables), i, one(d, domains)))
	}
	if d.chance(800) {
		row[pii.Company] = pii.NewValue(companyName(d))
	}
	return row
}

// phone is customer i's number. Those of numbers above the last customer's are
// nobody's we know.
func (c customers) phone(i int) pii.Value {
	const many, step = 100_000_000, 76_543_211 // without a common factor: no number twice
	tail := (uint64(i)*step + c.seed%many*977) % many
	return pii.NewValue(fmt.Sprintf("%s%08d", prefixes[tail%uint64(len(prefixes))], tail))
}

func personName(d *dice) string {
	name := surname(d) + one(d, given)
	if d.chance(800) {
		name += one(d, given)
	}
	return name
}

// surname follows how often they are: few are most people's.
func surname(d *dice) string {
	n := d.below(len(surnames))
	if d.chance(600) {
		n = d.below(20)
	}
	return surnames[n]
}

func companyName(d *dice) string {
	return one(d, cities) + one(d, brands) + one(d, brands) + one(d, trades) + one(d, suffixes)
}

var (
	surnames = strings.Fields(`王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 高 林 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹
彭 曾 肖 田 董 袁 潘 于 蒋 蔡 余 杜 叶 程 苏 魏 吕 丁 任 沈 姚 卢 姜 崔 钟 谭 陆 汪 范 金 石 廖 贾 夏 韦 付 方 白 邹 孟
熊 秦 邱 江 尹 薛 闫 段 雷 侯 龙 史 陶 黎 贺 顾 毛 郝 龚 邵 万 钱 严 覃 武 戴 莫 孔 向 汤 欧阳 上官 司徒 诸葛`)
	given = strings.Fields(`伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀 霞 平 刚 桂 英 华 玉 兰 红 建 国 文 志 海 春 梅
丹 萍 鹏 辉 波 斌 宇 浩 凯 健 俊 帆 雪 琳 玲 晶 欣 怡 佳 嘉 思 雨 晨 阳 梓 涵 子 轩 一 诺 若 彤 瑞 泽 家 豪 博 睿 天 翔 鑫 淼 立
新 林 峰 云 飞 东 亮 成 龙 凤 燕 宁 莉 婷 倩 蕾 颖 洁 莹 岚 彬 楠 松 柏 卫 民 永 福 庆 贵 康 安 清 河 山 川`)
	cities   = strings.Fields(`北京 上海 广州 深圳 杭州 南京 苏州 成都 武汉 西安 重庆 天津 长沙 郑州 青岛 宁波 厦门 合肥 济南 福州 无锡 佛山 东莞 昆明`)
	brands   = strings.Fields(`云 讯 达 科 信 通 联 创 智 博 华 瑞 恒 盛 远 诚 泰 嘉 鸿 星 海 天 卓 越 图 维 思 特 力 源 盈 丰`)
	trades   = strings.Fields(`网络科技 信息技术 电子商务 软件 文化传媒 教育科技 物流 贸易 智能装备 生物科技 医疗器械 餐饮管理 建筑工程 服饰 食品 广告`)
	suffixes = strings.Fields(`有限公司 有限公司 有限公司 股份有限公司 有限责任公司`)
	prefixes = strings.Fields(`130 131 132 135 136 137 138 139 150 151 152 157 158 159 166 176 177 178 180 181 182 185 186 187 188 189 191 198 199`)
	// syllables and domains of e-mail addresses
	syllables = strings.Fields(`wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo wei fang min jing qiang lei jun yong jie tao ming chao ping hua`)
	domains   = strings.Fields(`com net org`)
)
