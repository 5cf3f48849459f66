(function () {
  "use strict";
  var root = document.documentElement, body = document.body;
  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }

  each("[data-action=theme]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var set = body.getAttribute("data-theme");
      var dark = set ? set === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
      root.setAttribute("data-theme", dark ? "light" : "dark");
      body.setAttribute("data-theme", dark ? "light" : "dark");
    });
  });

  function select(node) {
    var range = document.createRange(), selection = window.getSelection();
    range.selectNodeContents(node);
    selection.removeAllRanges();
    selection.addRange(range);
  }
  each("[data-action=copy]", function (button) {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", function () {
      var code = button.parentNode.querySelector("code");
      function say(word) { button.textContent = word; setTimeout(function () { button.textContent = "copy"; }, 1600); }
      function fallback() {
        select(code);
        var done = false;
        try { done = document.execCommand("copy"); } catch (error) { done = false; }
        say(done ? "copied" : "selected");
      }
      if (navigator.clipboard && navigator.clipboard.writeText) {
        navigator.clipboard.writeText(code.textContent).then(function () { say("copied"); }, fallback);
      } else { fallback(); }
    });
  });

  function reveal() {
    var node = location.hash && document.getElementById(location.hash.slice(1));
    for (var up = node; up; up = up.parentNode) { if (up.nodeName === "DETAILS") { up.open = true; } }
    if (node) { node.scrollIntoView(); }
  }
  window.addEventListener("hashchange", reveal);
  reveal();
  window.addEventListener("beforeprint", function () { each("details", function (d) { d.open = true; }); });
})();
