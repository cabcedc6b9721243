"""What people are told, by event. Short enough for one message; nothing personal stands in it."""

from __future__ import annotations

from collections.abc import Container, Mapping

SIGNATURE = {"zh-CN": "【报考】", "en": "[baokao] "}

CATALOGUE: Mapping[str, Mapping[str, str]] = {
    "account_registered": {
        "zh-CN": "您的账号已注册。请妥善保管密码，并继续完成报名。",
        "en": "Your account is ready. Keep your password safe and go on with your registration.",
    },
    "contact_changed": {
        "zh-CN": "您的手机号已更换，今后的通知将发到本号码。非本人操作请联系报名点。",
        "en": "Your phone number was changed; notices now come here. Not you? Contact your registration point.",
    },
    "contact_left": {
        "zh-CN": "您的账号已改用其他手机号，本号码不再用于登录和找回密码。非本人操作请立即联系报名点。",
        "en": "Your account now uses another phone number instead of this. Not you? Contact your registration point.",
    },
    "password_changed": {
        "zh-CN": "您的登录密码已修改，其他设备已退出。非本人操作请立即联系报名点。",
        "en": "Your password was changed, other devices were signed out. Not you? Contact your registration point.",
    },
    "wechat_unbound": {
        "zh-CN": "您的账号已解除微信绑定，今后刷脸重置密码须验证手机号。非本人操作请立即联系报名点。",
        "en": "WeChat was unbound; a face reset now asks for your phone. Not you? Contact your registration point.",
    },
    "staff_phone_left": {
        "zh-CN": "您的工作人员账号已改用其他手机号，本号码不再用于登录。非本人操作请立即联系管理员。",
        "en": "Your staff account now uses another phone number instead of this. Not you? Contact an administrator.",
    },
    "staff_closed": {
        "zh-CN": "您的工作人员账号已注销，不能再登录。非本人操作请立即联系管理员。",
        "en": "Your staff account was closed and opens no more. Not you? Contact an administrator at once.",
    },
    "application_submitted": {
        "zh-CN": "您的报名信息已提交，等待审核。",
        "en": "Your application was submitted and waits for review.",
    },
    "application_submitted_fee": {
        "zh-CN": "您的报名信息已提交，应缴费 {amount} 元。可随时登录后从“查看报名基本信息”缴费。",
        "en": "Your application was submitted. {amount} yuan are due; sign in and open “My registration” to pay.",
    },
    "application_resubmitted": {
        "zh-CN": "您修改后的报名信息已重新提交审核。",
        "en": "Your changed application was submitted for review again.",
    },
    "application_approved": {
        "zh-CN": "您的报名已通过审核。",
        "en": "Your application was approved.",
    },
    "application_returned": {
        "zh-CN": "您的报名未通过审核，请登录查看审核意见，修改后重新提交。",
        "en": "Your application was returned. Sign in to read the remark, change it and submit it again.",
    },
    "application_reopened": {
        "zh-CN": "刚才的审核结果已撤回，您的报名仍在审核中，请以之后的通知为准。",
        "en": "The decision you were told of was taken back. Your application is under review again.",
    },
    "identity_confirmed": {
        "zh-CN": "您的身份信息已由工作人员核验通过。",
        "en": "Staff have confirmed your identity.",
    },
    "identity_refused": {
        "zh-CN": "您的身份信息核验未通过，请登录查看原因或联系报名点。",
        "en": "Your identity could not be confirmed. Sign in to see why, or contact your registration point.",
    },
    "order_paid": {
        "zh-CN": "已收到您的报名费 {amount} 元。",
        "en": "We have received your fee of {amount} yuan.",
    },
    "order_refunded": {
        "zh-CN": "您的报名费 {amount} 元已退回原支付账户。",
        "en": "Your fee of {amount} yuan was refunded.",
    },
    "payment_returned": {
        "zh-CN": "您多付的 {amount} 元已退回原支付账户，您的报名不受影响。",
        "en": "{amount} yuan paid in excess were refunded; your registration is not affected.",
    },
    "payment_sent_back": {
        "zh-CN": "您的一笔付款 {amount} 元已退回原支付账户，请登录查看缴费状态。",
        "en": "A payment of {amount} yuan was refunded. Sign in to see whether your fee is paid.",
    },
    "order_closed": {
        "zh-CN": "您的缴费订单已关闭。",
        "en": "Your payment order was closed.",
    },
    "payment_exception": {
        "zh-CN": "您的一笔款项需要人工核对，工作人员会尽快处理，请勿重复付款。",
        "en": "Staff must look at one of your payments and will do so soon. Please do not pay again.",
    },
    "code": {
        "zh-CN": "验证码 {code}，5 分钟内有效。请勿告诉任何人。",
        "en": "Your code is {code}, valid for 5 minutes. Do not tell anybody.",
    },
}


def text(template: str, params: Mapping[str, str], locale: str) -> str:
    """The whole message."""
    return SIGNATURE[locale] + CATALOGUE[template][locale].format(**params)


def lacking(approved: Container[str]) -> list[str]:
    """The texts that are not among those a provider has approved."""
    return [name for name in CATALOGUE if name not in approved]


def yuan(fen: int) -> str:
    """An amount as people read it: 30.00."""
    return f"{fen // 100}.{fen % 100:02d}"
