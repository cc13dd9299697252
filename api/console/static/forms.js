/* Forms: the amount in words while it is typed, and one sending of a form. The server does both without scripts too,
   once the form is sent. */
"use strict";

(() => {
  const DIGITS = "零壹贰叁肆伍陆柒捌玖";
  const PLACES = [[1000n, "仟"], [100n, "佰"], [10n, "拾"], [1n, ""]];
  const WAN = 10000n;
  const YI = 100000000n;
  const FORMS = { yuan: /^(0|[1-9]\d{0,12})(\.\d{1,2})?$/, wan: /^(0|[1-9]\d{0,8})(\.\d{1,6})?$/ };
  const DECIMALS = { yuan: 2, wan: 6 };

  /* The same rules as capital.py; tests/vectors/capital-amounts.json holds both to them. */
  const belowWan = (number) => {
    let text = "";
    for (const [place, name] of PLACES) {
      const digit = number / place;
      number %= place;
      if (digit) text += DIGITS[digit] + name;
      else if (text && number && !text.endsWith("零")) text += "零";
    }
    return text;
  };

  const whole = (number) => {
    if (number < WAN) return belowWan(number);
    const [unit, name] = number >= YI ? [YI, "亿"] : [WAN, "万"];
    const below = number % unit;
    return whole(number / unit) + name + (below > 0n && below < unit / 10n ? "零" : "") + whole(below);
  };

  const capital = (fen) => {
    const yuan = fen / 100n;
    const jiao = (fen / 10n) % 10n;
    const rest = fen % 10n;
    if (!jiao && !rest) return "人民币" + (whole(yuan) || "零") + "元整";
    const jumps = yuan > 0n && (!jiao || yuan % 10n === 0n);
    return "人民币" + (yuan ? whole(yuan) + "元" : "") + (jumps ? "零" : "") +
      (jiao ? DIGITS[jiao] + "角" : "") + (rest ? DIGITS[rest] + "分" : "");
  };

  /* Fen of what was typed, or null: full-width digits, spaces, and commas before every three digits are read as the server
     reads them. */
  const GROUPED = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/;
  const fenOf = (typed, unit) => {
    const plain = typed.normalize("NFKC").replace(/\s/g, "");
    const text = GROUPED.test(plain) ? plain.replace(/,/g, "") : plain;
    if (!FORMS[unit].test(text)) return null;
    const [yuan, decimals = ""] = text.split(".");
    return BigInt(yuan + decimals.padEnd(DECIMALS[unit], "0"));
  };

  const echo = (field) => {
    const input = field.querySelector("[data-amount]");
    const output = field.querySelector("[data-capital]");
    const fen = fenOf(input.value, field.querySelector("select").value);
    output.textContent = fen === null ? "" : capital(fen);
  };

  const echoAll = () => document.querySelectorAll(".amount-field").forEach(echo);

  const changed = (event) => {
    const field = event.target.closest(".amount-field");
    if (field) echo(field);
  };
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);

  /* The second of two quick clicks sends nothing; the server records such a form once in any case. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.matches("[data-once]")) form.dataset.sent = "true";
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));

  document.addEventListener("page:shown", echoAll);

  window.fundtrail = { ...window.fundtrail, capital, fenOf };
})();
