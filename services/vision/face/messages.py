"""Sentences for people by code: what is wrong with a picture and what to do, in words everybody of 16 understands."""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]

NO_LIVENESS = "vision.face.no_liveness"
"""Shown wherever a face decision is shown."""

_SENTENCES: dict[str, tuple[str, str]] = {
    "vision.portrait.no_face": (
        "照片里没有找到人脸。请上传本人正面、露出整张脸的证件照。",
        "No face was found in the photo. Upload an ID photo that shows your whole face from the front.",
    ),
    "vision.portrait.several_faces": (
        "照片里不止一张脸。请上传只有你一个人的证件照，背景里也不要有人像。",
        "There is more than one face in the photo. Upload a photo of you alone, with no pictures of people behind you.",
    ),
    "vision.portrait.too_few_pixels": (
        "照片太小，放大后看不清。请上传原图，不要用截图或缩略图。",
        "The photo is too small to see clearly. Upload the original picture, not a screenshot or a thumbnail.",
    ),
    "vision.portrait.too_narrow": (
        "照片太窄太长。请按证件照的比例裁剪，例如宽 3 比高 4。",
        "The photo is too narrow. Crop it like an ID photo, for example 3 wide to 4 high.",
    ),
    "vision.portrait.too_wide": (
        "照片太宽。请竖着拍，并按证件照的比例裁剪，例如宽 3 比高 4。",
        "The photo is too wide. Take it upright and crop it like an ID photo, for example 3 wide to 4 high.",
    ),
    "vision.portrait.face_too_small": (
        "脸在照片里太小。请离镜头近一点，或把四周裁掉一些，保留头部和肩膀。",
        "Your face is too small in the photo. Move closer, or crop it so that head and shoulders fill it.",
    ),
    "vision.portrait.face_too_large": (
        "脸在照片里太大。请离镜头远一点，露出整个头部和肩膀。",
        "Your face is too large in the photo. Move back until your whole head and your shoulders are in it.",
    ),
    "vision.portrait.not_centred": (
        "脸没有在照片中间。请移到中间重拍，或重新裁剪照片。",
        "Your face is not in the middle. Take the photo again from the middle, or crop it again.",
    ),
    "vision.portrait.face_too_high": (
        "脸的位置太靠上。请在头顶上方留出一些空白。",
        "Your face is too high in the photo. Leave some space above your head.",
    ),
    "vision.portrait.face_too_low": (
        "脸的位置太靠下。请少留一些头顶上方的空白，露出肩膀。",
        "Your face is too low in the photo. Leave less space above your head and show your shoulders.",
    ),
    "vision.portrait.turned": (
        "脸没有正对镜头。请面向镜头，让左右脸颊露出得一样多，再重拍。",
        "You are not facing the camera. Look straight into it, both cheeks equally visible, and take it again.",
    ),
    "vision.portrait.tilted": (
        "头歪了。请让两只眼睛保持水平后重拍。",
        "Your head is tilted. Keep both eyes level and take the photo again.",
    ),
    "vision.portrait.blurred": (
        "照片模糊。请擦干净镜头、拿稳手机，等对焦清楚后重拍。",
        "The photo is blurred. Clean the lens, hold the phone still, wait until it is in focus and take it again.",
    ),
    "vision.portrait.too_dark": (
        "照片太暗，脸看不清。请面向窗户或灯光重拍，不要背光。",
        "The photo is too dark. Face a window or a lamp, with no bright light behind you, and take it again.",
    ),
    "vision.portrait.too_bright": (
        "脸上太亮，看不清细节。请关掉闪光灯，避开强光后重拍。",
        "Your face is too bright. Switch the flash off, keep out of strong light and take the photo again.",
    ),
    "vision.portrait.background_not_white": (
        "照片背景不是白色，请换白底照片。可以站在白墙前、光线均匀的地方重拍。",
        "The background is not white. Use a photo on white: stand in front of a white wall in even light.",
    ),
    "vision.portrait.background_wrong_colour": (
        "照片背景颜色不符合要求。请按照片要求换底色后重新上传。",
        "The background does not have the required colour. Use a photo with the colour that the photo rules ask for.",
    ),
    "vision.face.alike": (
        "两张照片里的人脸相像。",
        "The faces in the two pictures are alike.",
    ),
    "vision.face.unsure": (
        "系统不能确定两张照片是不是同一个人，将由工作人员核对，你可以继续报名。",
        "The system cannot tell whether both pictures show the same person. Staff will look; you can go on.",
    ),
    "vision.face.different": (
        "两张照片里的人脸不太像。请检查上传的是不是本人的身份证和近期照片。",
        "The faces in the two pictures do not look alike. Check that both are yours and that the photo is recent.",
    ),
    "vision.face.minor": (
        "青少年的面容变化快，不由系统下结论，将由工作人员核对。",
        "Young people's faces change quickly, so the system does not decide: staff will look.",
    ),
    "vision.face.age_unknown": (
        "没有读到出生日期，不由系统下结论，将由工作人员核对。",
        "The date of birth could not be read, so the system does not decide: staff will look.",
    ),
    "vision.face.none_on_card": (
        "身份证照片上没有找到清楚的人脸。请重新拍摄身份证人像面，避免反光和遮挡。",
        "No clear face was found on the ID card. Take the portrait side again, with no reflection and nothing over it.",
    ),
    "vision.face.none_on_portrait": (
        "本人照片里没有找到清楚的人脸。请上传本人正面、露出整张脸的照片。",
        "No clear face was found in your photo. Upload one that shows your whole face from the front.",
    ),
    "vision.face.several_on_portrait": (
        "本人照片里不止一张脸，将由工作人员核对。请上传只有你一个人的照片。",
        "There is more than one face in your photo, so staff will look. Upload a photo of you alone.",
    ),
    "vision.face.nothing_to_compare": (
        "身份证或本人照片用不了，没有比较人脸。请按上面的提示重新上传。",
        "The ID card or your photo could not be used, so no faces were compared. Upload it again as asked above.",
    ),
    NO_LIVENESS: (
        "这里只比较两张照片是否相像，没有活体检测，不能证明是本人在操作。",
        "Only two pictures were compared. There is no liveness detection: this does not prove who is at the screen.",
    ),
}

CODES = frozenset(_SENTENCES)


def sentence(code: str, language: Language = "zh") -> str:
    """The sentence for a code. Raises `KeyError` for a code that nobody wrote a sentence for."""
    return _SENTENCES[code][0 if language == "zh" else 1]
