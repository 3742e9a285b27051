"""Log in as the demo person and take the pictures that the documentation shows, into /pictures.

Usage: screenshots.py BASE_URL EMAIL PASSWORD_FILE

Runs in the gateway's network. Whatever port people reach the app at, the gateway listens on 8080 there; the
address in the browser stays the real one, or the app would refuse the login as one from a foreign site.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

PICTURES = Path("/pictures")
PATIENCE = 20.0
DESKTOP, PHONE = (1280, 900), (390, 844)

FLAGS = (
    "--headless=new",
    # The container is the sandbox: no capabilities, no new privileges, no network but the gateway's.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
ONLY_THE_GATEWAY = "--host-resolver-rules=MAP {host} 127.0.0.1:8080, MAP * ~NOTFOUND"
"""Nothing else exists: a browser also calls home by itself."""


def main(url: str, email: str, password_file: str) -> None:
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, ONLY_THE_GATEWAY.format(host=urlsplit(url).hostname)):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        show(browser, DESKTOP, dark=False)
        browser.get(f"{url}/login")
        take(browser, "login")
        log_in(browser, email, Path(password_file).read_text().strip())
        take(browser, "home")
        for page in ("matches", "trips"):
            browser.get(f"{url}/{page}")
            take(browser, page)
        show(browser, PHONE, dark=True)
        browser.get(f"{url}/")
        take(browser, "phone")
    finally:
        browser.quit()


def show(browser: webdriver.Chrome, size: tuple[int, int], *, dark: bool) -> None:
    """Set the size of the page in CSS pixels and the colours that its reader prefers."""
    width, height = size
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    colours = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [colours]})


def log_in(browser: webdriver.Chrome, email: str, password: str) -> None:
    """Fill in the form and wait until it has been left."""
    browser.find_element(By.NAME, "email").send_keys(email)
    field = browser.find_element(By.NAME, "password")
    field.send_keys(password)
    field.submit()
    WebDriverWait(browser, PATIENCE).until_not(expected.url_contains("/login"))


def take(browser: webdriver.Chrome, name: str) -> None:
    """Save what the window shows, once all that it looks for is there."""
    WebDriverWait(browser, PATIENCE).until_not(
        expected.presence_of_element_located((By.CSS_SELECTOR, ".loading"))
    )
    browser.execute_async_script("""
        const done = arguments[0];
        const drawn = [...document.images].map((one) => one.decode().catch(() => undefined));
        Promise.all(drawn).then(() => done());
    """)
    if not browser.save_screenshot(str(PICTURES / f"{name}.png")):
        sys.exit(f"the picture {name} could not be written")
    print(f"{name}: {browser.title}, {browser.current_url}")


if __name__ == "__main__":
    main(*sys.argv[1:])
