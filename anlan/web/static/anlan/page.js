/* Small behaviour of every staff page: menus, rail on phones, Ctrl-K, focus on the first error. No inline script, no eval. */
(function () {
  "use strict";
  var frame = function () { return document.getElementById("frame"); };

  function openRail(open) {
    var f = frame();
    if (!f) return;
    f.classList.toggle("a-rail-open", open);
    var button = document.querySelector('[data-rail="open"]');
    if (button) button.setAttribute("aria-expanded", String(open));
    if (open) { var first = f.querySelector(".a-nav a"); if (first) first.focus(); }
    else if (button && button.offsetParent) button.focus();
  }

  function openSearch() {
    var f = frame(), box = document.getElementById("search");
    if (!box) return;
    f.classList.add("a-search-open");
    box.focus();
    box.select();
  }

  document.addEventListener("click", function (event) {
    var rail = event.target.closest("[data-rail]");
    if (rail) openRail(rail.dataset.rail === "open");
    if (event.target.closest("[data-search]")) openSearch();
    if (event.target.closest("[data-print]")) window.print();
    var all = event.target.closest("[data-expand]");
    if (all) {
      var rules = Array.prototype.slice.call(document.querySelectorAll(all.dataset.expand));
      var open = rules.some(function (rule) { return !rule.open; });
      rules.forEach(function (rule) { rule.open = open; });
      all.setAttribute("aria-pressed", String(open));
    }
    document.querySelectorAll("details.a-menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openSearch();
    }
    if (event.key === "Escape") {
      var menu = document.querySelector("details.a-menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
      var f = frame();
      if (f && f.classList.contains("a-rail-open")) openRail(false);
      if (f) f.classList.remove("a-search-open");
    }
  });

  // Empty filters stay out of the address.
  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.verb !== "get") return;
    var kept = event.detail.parameters;
    Object.keys(kept).forEach(function (name) { if (kept[name] === "") delete kept[name]; });
  });

  function toFirstError(root) {
    var bad = root.querySelector(".a-field-bad input, .a-field-bad select, .a-field-bad textarea");
    if (bad) bad.focus();
  }

  // Phones see the records first: filters that narrow nothing are folded away.
  function fold(root) {
    if (window.innerWidth > 900) return;
    root.querySelectorAll('details[data-fold="yes"]').forEach(function (filters) { filters.open = false; });
  }

  // A form that was sent from inside the page and came to nothing says so above what was typed, which stays.
  function tell(form, words) {
    if (!form) return;
    var box = form.querySelector("[data-told]") || document.createElement("p");
    box.className = "a-notice a-notice-danger";
    box.setAttribute("role", "alert");
    box.dataset.told = "";
    box.textContent = words;
    form.prepend(box);
    box.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("htmx:responseError", function (event) {
    var page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    var said = Array.prototype.map.call(page.querySelectorAll("main h1, main p"), function (part) { return part.textContent.trim(); });
    tell(event.detail.elt.closest("form"), said.filter(Boolean).join(" · ") || document.body.dataset.unsent);
  });
  document.addEventListener("htmx:sendError", function (event) {
    tell(event.detail.elt.closest("form"), document.body.dataset.unsent);
  });

  document.addEventListener("DOMContentLoaded", function () { fold(document); toFirstError(document); });
  document.addEventListener("htmx:afterSwap", function (event) {
    var root = event.detail.target || document;  // none when the back button restores a page
    fold(root);
    toFirstError(root);
    var focus = root.querySelector("[data-focus]");
    if (focus) focus.focus();
  });
})();
