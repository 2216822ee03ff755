package decoy

import "strings"

// The words made-up customers are named with: the commonest of each kind, because a
// rare one would be remembered. Whether a company of such a name exists is not
// checked; its number and address are ours.
var (
	surnames = split("王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 高 林 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 苏 魏 吕 丁 任 沈")
	given    = split("伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 桂 英 华 玉 兰 建 国 文 辉 力 波 宁 红 春 梅 海 燕 志 新 宇 浩 晨 欣 雪 婷 鑫 鹏 飞 佳 慧")
	places   = split("北京 上海 广州 深圳 杭州 南京 苏州 成都 武汉 西安 长沙 重庆 天津 青岛 厦门 宁波 合肥 郑州 济南 福州 无锡 东莞 佛山 昆明 沈阳")
	brands   = split("信 达 恒 瑞 博 盛 嘉 远 通 汇 安 泰 创 联 智 华 中 新 海 天 宏 益 景 源 锐 卓 思 凯 捷 云")
	trades   = split("网络科技 信息技术 软件 电子商务 文化传媒 商贸 物流 建筑工程 机械设备 医疗器械 教育咨询 企业管理 餐饮管理 环保科技 电子科技 装饰工程 广告 供应链管理 生物科技 新能源")
	endings  = split("有限公司 有限公司 有限公司 有限责任公司")
)

func split(text string) []string { return strings.Fields(text) }
