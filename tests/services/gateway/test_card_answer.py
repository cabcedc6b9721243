"""The card's answer arrives while somebody fills the form in: it fills what is empty and takes nothing away."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.services.gateway.conftest import ID_NUMBER, NAME
from tests.services.gateway.test_browser import at_form

# What polling does when the answer is there, at the moment of the test's choosing.
ANSWERED = "() => window.htmx.ajax('GET', '/form/checks', {target: '#checks', swap: 'innerHTML'})"
# A field that the server has and this page does not show yet, as after the card was read.
FILLED = """values => fetch('/form/fields', {
  method: 'PATCH', headers: {'X-CSRF-Token': document.body.dataset.csrf}, body: new URLSearchParams(values)})"""


async def test_what_is_being_typed_stays_with_its_cursor(page: Page) -> None:
    await at_form(page)
    await page.evaluate(FILLED, {"id_number": ID_NUMBER})
    number = page.locator("#id_number")
    await number.press_sequentially(ID_NUMBER[:10])
    await page.evaluate(ANSWERED)
    await expect(number).to_be_focused()
    await page.keyboard.type(ID_NUMBER[10:])
    await number.blur()
    await expect(page.locator("#verdict-id_number")).to_contain_text("通过")
    await expect(number).to_have_value(ID_NUMBER)


async def test_what_was_typed_is_not_changed_by_an_answer_that_was_drawn_before_it(page: Page) -> None:
    await at_form(page)
    name = page.locator("#name")
    await name.fill("张三")
    await name.blur()
    await expect(page.locator("#verdict-name")).to_contain_text("通过")
    await page.evaluate(FILLED, {"name": NAME})
    await page.evaluate(ANSWERED)
    await expect(name).to_have_value("张三")


async def test_an_untouched_field_shows_what_the_card_says_even_under_the_cursor(page: Page) -> None:
    await at_form(page)
    await page.locator("#name").focus()
    await page.evaluate(FILLED, {"name": NAME, "id_number": ID_NUMBER})
    await page.evaluate(ANSWERED)
    await expect(page.locator("#name")).to_have_value(NAME)
    await expect(page.locator("#name")).to_be_focused()
    await expect(page.locator("#id_number")).to_have_value(ID_NUMBER)
    await expect(page.locator("#verdict-id_number")).to_contain_text("通过")
    await page.keyboard.type("李四")
    await expect(page.locator("#name")).to_have_value("李四")
