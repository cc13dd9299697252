/* What pages do beyond links and forms. Every page works without it. */
"use strict";

(() => {
  const DAY_MS = 86400000;
  const SETTLE_MS = 100;
  const REPEATED_MS = 250;
  let waiting = 0;
  let sent = 0;
  let wanted = null;
  let isMoving = false;
  let isMoved = false;

  const day = (first, number) => new Date(Date.parse(first + "T00:00:00Z") + number * DAY_MS).toISOString().slice(0, 10);

  /* The slider moves the business date: at once in its field, and on the page once it rests or is let go. Of a key that is
     held down the last day counts. The page may be replaced meanwhile: what is wanted is then wanted of the new one. */
  const move = (slider, isLetGo) => {
    wanted = slider.value;
    show(slider);
    clearTimeout(waiting);
    const isRepeated = Date.now() - sent < REPEATED_MS;
    waiting = setTimeout(send, isLetGo && !isRepeated ? 0 : SETTLE_MS);
  };
  const show = (slider) => {
    const date = day(slider.dataset.first, Number(slider.value));
    slider.form.elements.as_of.value = date;
    slider.setAttribute("aria-valuetext", date);
  };
  const send = () => {
    wanted = null;
    sent = Date.now();
    const form = document.getElementById("clock");
    isMoving = true;
    if (form) form.requestSubmit();
    isMoving = false;
  };
  document.addEventListener("submit", (event) => {
    if (event.target.id === "clock") isMoved = isMoving;
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    const slider = document.getElementById("scrub");
    if (!slider) return;
    if (wanted === null) {
      setBack(slider);
      return;
    }
    slider.value = wanted;
    show(slider);
  });
  /* What was refused is not shown: the clocks say again where the figures stand. Only a date that was typed wrong stays,
     to be put right; and what is asked for again by itself. */
  const setBack = (slider) => {
    const notice = document.querySelector("#refused .notice");
    if (!notice || "reload" in notice.dataset || !(isMoved || "setBack" in notice.dataset)) return;
    const { as_of: asOf, known_at: knownAt } = slider.form.elements;
    for (const each of [slider, asOf, knownAt]) each.value = each.defaultValue;
    slider.setAttribute("aria-valuetext", asOf.defaultValue);
  };

  document.addEventListener("input", (event) => {
    if (event.target.id === "scrub") move(event.target, false);
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "scrub") move(event.target, true);
  });

  /* [ and ] go to the day before or after with an event. */
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=range]), textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); }
      return;
    }
    const slider = document.getElementById("scrub");
    if (!slider || (event.key !== "[" && event.key !== "]")) return;
    const days = slider.dataset.days === "" ? [] : slider.dataset.days.split(",").map(Number);
    const at = Number(slider.value);
    const next = event.key === "]" ? days.find((each) => each > at) : days.filter((each) => each < at).pop();
    if (next === undefined) return;
    event.preventDefault();
    slider.value = String(next);
    move(slider, true);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const copy = event.target.closest("[data-copy]");
    if (copy && navigator.clipboard) navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
  });

  /* What cannot be shown just now is asked for until it can: a service that is started again answers by itself. */
  const TRY_AGAIN_MS = 3000;
  const tryAgain = () => {
    fetch(location.href, { method: "HEAD" })
      .then((answer) => { if (answer.status !== 503) location.reload(); else setTimeout(tryAgain, TRY_AGAIN_MS); })
      .catch(() => setTimeout(tryAgain, TRY_AGAIN_MS));
  };
  document.addEventListener("DOMContentLoaded", () => {
    if (document.querySelector("[data-reload]")) setTimeout(tryAgain, TRY_AGAIN_MS);
  });
  document.addEventListener("htmx:after:swap", () => {
    /* Said in a page that stays: its form asks again. */
    const form = document.getElementById("clock");
    if (form && document.querySelector("#refused [data-reload]")) setTimeout(() => form.requestSubmit(), TRY_AGAIN_MS);
  });

  /* Swapping the page must not lose the place of the keyboard. */
  let focused = "";
  document.addEventListener("htmx:before:swap", () => { focused = document.activeElement ? document.activeElement.id : ""; });
  document.addEventListener("htmx:after:swap", () => {
    const again = focused && document.getElementById(focused);
    if (again) again.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("page:shown"));
  });
  /* An import that takes longer than one answer goes on by itself, after its figures were shown. */
  document.addEventListener("page:shown", () => {
    const form = document.querySelector("form[data-goes-on]");
    if (form) setTimeout(() => form.requestSubmit(), 300);
  });
  document.addEventListener("DOMContentLoaded", () => document.dispatchEvent(new CustomEvent("page:shown")));
})();
