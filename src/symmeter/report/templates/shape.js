(function () {
  "use strict";
  var HALF = 1.5, AXIS = 1.3, RIM = 1.1, FACE = [[17, 62, 80], [62, 147, 158], [214, 236, 236]];
  var LIGHT = unit([-0.45, 0.65, 0.62]);
  function dot(a, b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
  function cross(a, b) { return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]; }
  function minus(a, b) { return [a[0] - b[0], a[1] - b[1], a[2] - b[2]]; }
  function times(s, a) { return [s * a[0], s * a[1], s * a[2]]; }
  function unit(a) { var n = Math.sqrt(dot(a, a)) || 1; return times(1 / n, a); }
  function apply(m, v) { return [dot(m[0], v), dot(m[1], v), dot(m[2], v)]; }
  function product(a, b) { var t = [0, 1, 2].map(function (j) { return [b[0][j], b[1][j], b[2][j]]; }); return a.map(function (r) { return t.map(function (c) { return dot(r, c); }); }); }
  function turn(d, angle) {
    var c = Math.cos(angle), s = Math.sin(angle), k = 1 - c, x = d[0], y = d[1], z = d[2];
    return [[c + k * x * x, k * x * y - s * z, k * x * z + s * y], [k * x * y + s * z, c + k * y * y, k * y * z - s * x], [k * x * z - s * y, k * y * z + s * x, c + k * z * z]];
  }
  function squeeze(d, f) { return [0, 1, 2].map(function (i) { return [0, 1, 2].map(function (j) { return (i === j ? 1 : 0) - (1 - f) * d[i] * d[j]; }); }); }
  function scaled(f) { return [[f, 0, 0], [0, f, 0], [0, 0, f]]; }
  function rgb(hex) { return [1, 3, 5].map(function (i) { return parseInt(hex.slice(i, i + 2), 16); }); }
  function css(c, f) { return "rgb(" + c.map(function (v) { return Math.round(f < 0 ? v * (1 + f) : v + f * (255 - v)); }).join(",") + ")"; }
  function shade(t) { var p = Math.min(Math.max(t, 0), 1) * 2, k = Math.min(Math.floor(p), 1); return "rgb(" + FACE[k].map(function (v, i) { return Math.round(v + (p - k) * (FACE[k + 1][i] - v)); }).join(",") + ")"; }

  function leaves(data, d) {
    var last = 0;
    data.faces.forEach(function (f) {
      for (var i = 1; i + 1 < f.length; i++) {
        var a = data.points[f[0]], e = minus(data.points[f[i]], a), g = minus(data.points[f[i + 1]], a), h = cross(d, g), det = dot(e, h);
        if (Math.abs(det) < 1e-12) { continue; }
        var s = times(-1, a), u = dot(s, h) / det, q = cross(s, e), v = dot(d, q) / det, t = dot(g, q) / det;
        if (u > -1e-6 && v > -1e-6 && u + v < 1 + 1e-6 && t > last) { last = t; }
      }
    });
    return Math.min(last, AXIS);
  }

  function operations(data) {
    var list = [];
    data.axes.forEach(function (a) {
      if (a.n !== 1) {
        var angle = a.n ? 2 * Math.PI / a.n : 2;
        list.push({ name: a.n ? "C" + a.n : "C∞", at: function (t) { return turn(a.d, t * angle); } });
      }
      if (a.s) { list.push({ name: "S" + a.s, at: function (t) { var r = turn(a.d, Math.min(2 * t, 1) * 2 * Math.PI / a.s); return t <= 0.5 ? r : product(squeeze(a.d, 3 - 4 * t), r); } }); }
    });
    data.planes.forEach(function (n) { list.push({ name: "mirror", at: function (t) { return squeeze(n, 1 - 2 * t); } }); });
    if (data.centre) { list.push({ name: "centre", at: function (t) { return scaled(1 - 2 * t); } }); }
    var count = {};
    list.forEach(function (o) { count[o.name] = (count[o.name] || 0) + 1; });
    var seen = {};
    list.forEach(function (o) { seen[o.name] = (seen[o.name] || 0) + 1; o.title = count[o.name] > 1 ? o.name + " (" + seen[o.name] + " of " + count[o.name] + ")" : o.name; });
    return list;
  }

  function start(box) {
    var data = JSON.parse(box.getAttribute("data-shape")), holder = box.querySelector(".drawing"), still = box.querySelector("svg");
    var canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    if (!pen || !holder || !still) { return; }
    var view = data.view, zoom = 1, show = { axes: true, planes: true, shape: true }, moved = null, colours = {};
    var solid = data.faces.length > 0 && !data.sizes.some(function (r) { return r > 0; }), many = data.planes.length > 5, crowded = data.axes.length > 12, little = crowded ? 0.72 : 1;
    data.axes.forEach(function (a) { a.out = solid ? [leaves(data, a.d), leaves(data, times(-1, a.d))] : [0, 0]; });
    var drawn = data.sizes.filter(function (r) { return r > 0; }).sort(function (a, b) { return a - b; });
    var median = drawn.length ? drawn[Math.floor(drawn.length / 2)] : 0.12, side = 400, ratio = 1;

    function paint() {
      var look = getComputedStyle(box);
      ["ink", "soft", "card", "line", "ax0", "ax1", "ax2", "ax3", "ax4", "ax5", "ax6", "axn", "mirror"].forEach(function (n) { colours[n] = look.getPropertyValue("--" + n).trim() || "#888"; });
    }
    function tone(a) { return colours["ax" + (a.n === 0 || (a.n >= 1 && a.n <= 6) ? a.n : "n")]; }
    function measure() {
      var room = box.closest(".figures") || box;
      side = Math.max(220, Math.min(room.clientWidth || 400, 460));
      ratio = window.devicePixelRatio || 1;
      canvas.width = canvas.height = Math.round(side * ratio);
      canvas.style.width = canvas.style.height = side + "px";
    }
    function draw() {
      var s = zoom * side / 2 / HALF, c = side / 2;
      function at(v) { return [c + s * v[0], c - s * v[1]]; }
      function path(list, close) { pen.beginPath(); list.forEach(function (v, i) { var p = at(v); if (i) { pen.lineTo(p[0], p[1]); } else { pen.moveTo(p[0], p[1]); } }); if (close) { pen.closePath(); } }
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, side, side);
      pen.lineJoin = pen.lineCap = "round";
      var through = moved ? product(view, moved) : view;
      var p = data.points.map(function (v) { return apply(through, v); });
      var rings = show.planes ? data.planes.map(function (n) {
        var m = apply(view, n), a = Math.hypot(m[0], m[1]) < 1e-6 ? [1, 0, 0] : unit([m[1], -m[0], 0]), b = cross(m, a), ring = [];
        if (b[2] < 0) { b = times(-1, b); }
        for (var i = 0; i <= 72; i++) { var t = i * Math.PI / 36; ring.push(times(RIM, [Math.cos(t) * a[0] + Math.sin(t) * b[0], Math.cos(t) * a[1] + Math.sin(t) * b[1], Math.cos(t) * a[2] + Math.sin(t) * b[2]])); }
        return ring;
      }) : [];
      rings.forEach(function (r) {
        if (!many) { path(r, true); pen.globalAlpha = 0.1; pen.fillStyle = colours.mirror; pen.fill(); }
        path(r.slice(36)); pen.globalAlpha = many ? 0.25 : 0.4; pen.lineWidth = many ? 0.7 : 1; pen.strokeStyle = colours.mirror; pen.stroke();
      });
      pen.globalAlpha = 1;
      var ends = [];
      if (show.axes) { data.axes.forEach(function (a) { var d = apply(view, a.d), sign = d[2] >= 0 ? 1 : -1; ends.push([a, times(sign, d), a.out[sign > 0 ? 0 : 1]], [a, times(-sign, d), 0]); }); }
      function hidden(q) {
        for (var i = 0; i < p.length; i++) {
          var r = data.sizes[i], x = q[0] - p[i][0], y = q[1] - p[i][1], gap = r * r - x * x - y * y;
          if (gap > 0 && p[i][2] + Math.sqrt(gap) > q[2]) { return true; }
        }
        return false;
      }
      function half(e, from, alpha) {
        [[0, 1, crowded ? 0.35 : 1], [1, AXIS, 1]].forEach(function (part) {
          pen.beginPath();
          for (var k = 0, on = false; k <= 24; k++) {
            var t = part[0] + (part[1] - part[0]) * k / 24, q = times(t, e[1]), w = at(q), seen = t >= from - 1e-9 && (solid || !show.shape || !hidden(q));
            if (seen) { pen[on ? "lineTo" : "moveTo"](w[0], w[1]); }
            on = seen;
          }
          pen.globalAlpha = alpha * part[2];
          pen.strokeStyle = tone(e[0]);
          pen.lineWidth = part[2] < 1 ? 0.8 : e[0].n === 1 ? 1.4 : 1.8;
          pen.setLineDash(e[0].n === 1 ? [5, 4] : []);
          pen.stroke();
          pen.setLineDash([]);
        });
        pen.globalAlpha = 1;
      }
      ends.forEach(function (e, i) { if (i % 2) { half(e, 0, 0.55); pen.globalAlpha = 0.55; mark(e); pen.globalAlpha = 1; } });
      if (show.shape) { faces(); balls(); }
      rings.forEach(function (r) { path(r.slice(0, 37)); pen.globalAlpha = many ? 0.55 : 0.85; pen.lineWidth = many ? 0.8 : 1.2; pen.strokeStyle = colours.mirror; pen.stroke(); });
      pen.globalAlpha = 1;
      ends.forEach(function (e, i) { if (i % 2 === 0) { half(e, show.shape ? e[2] : 0, 1); mark(e); } });
      if (data.centre && show.axes) { pen.beginPath(); pen.arc(c, c, 3.6, 0, 7); pen.fillStyle = colours.card; pen.fill(); pen.strokeStyle = colours.ink; pen.lineWidth = 1.4; pen.stroke(); }
      labels();

      function mark(e) {
        var a = e[0], q = at(times(AXIS, e[1])), n = a.n === 1 ? a.s : a.n;
        pen.beginPath();
        if (n === 2) { pen.ellipse(q[0], q[1], 7 * little, 3.6 * little, 0, 0, 7); } else if (n >= 3 && n <= 6) {
          for (var i = 0; i < n; i++) { var t = 2 * Math.PI * i / n - Math.PI / 2 + (n === 4 ? Math.PI / 4 : 0); pen[i ? "lineTo" : "moveTo"](q[0] + 6.6 * little * Math.cos(t), q[1] + 6.6 * little * Math.sin(t)); }
          pen.closePath();
        } else { pen.arc(q[0], q[1], 5.6 * little, 0, 7); }
        pen.fillStyle = a.n === 1 ? colours.card : tone(a); pen.fill();
        pen.strokeStyle = a.n === 1 ? tone(a) : colours.card; pen.lineWidth = 1.4; pen.stroke();
        if (a.s && a.n !== 1) { pen.beginPath(); pen.arc(q[0], q[1], 9.6 * little, 0, 7); pen.strokeStyle = tone(a); pen.stroke(); }
      }
      function faces() {
        data.faces.map(function (f) {
          var z = 0, n = [0, 0, 0];
          f.forEach(function (v, i) { var w = f[(i + 1) % f.length], k = cross(p[v], p[w]); z += p[v][2] / f.length; n = [n[0] + k[0], n[1] + k[1], n[2] + k[2]]; });
          n = unit(n); if (n[2] < 0) { n = times(-1, n); }
          return [z, f, Math.max(0, dot(n, LIGHT))];
        }).sort(function (a, b) { return a[0] - b[0]; }).forEach(function (e) {
          path(e[1].map(function (v) { return p[v]; }), true);
          pen.globalAlpha = solid ? 1 : 0.13; pen.fillStyle = shade(0.16 + 0.8 * e[2]); pen.fill();
          pen.globalAlpha = solid ? 0.75 : 0.35; pen.strokeStyle = solid ? "#0b2a36" : colours.soft; pen.lineWidth = 0.8; pen.stroke();
        });
        pen.globalAlpha = 1;
      }
      function balls() {
        var items = [], width = Math.min(11, Math.max(2.2, 0.075 * s * median / 0.12)) ;
        data.bonds.forEach(function (b) {
          var step = minus(p[b[1]], p[b[0]]), n = Math.sqrt(dot(step, step)), out = b.map(function (v) { return n > 0 ? 0.93 * data.sizes[v] / n : 0; });
          if (out[0] + out[1] >= 1) { return; }
          var e0 = minus(p[b[0]], times(-out[0], step)), e1 = minus(p[b[1]], times(out[1], step)), m = times(0.5, minus(e0, times(-1, e1)));
          items.push([(m[2] + e0[2]) / 2, m, e0, data.colours[b[0]]], [(m[2] + e1[2]) / 2, m, e1, data.colours[b[1]]]);
        });
        data.sizes.forEach(function (r, i) { if (r > 0) { items.push([p[i][2], r, p[i], data.colours[i]]); } });
        items.sort(function (a, b) { return a[0] - b[0]; }).forEach(function (e) {
          var c3 = rgb(e[3]);
          if (typeof e[1] !== "number") {
            path([e[1], e[2]]); pen.lineCap = "butt"; pen.strokeStyle = css(c3, -0.55); pen.lineWidth = width + 1.6; pen.stroke(); pen.strokeStyle = css(c3, 0); pen.lineWidth = width; pen.stroke(); pen.lineCap = "round";
            return;
          }
          var q = at(e[2]), r = e[1] * s, g = pen.createRadialGradient(q[0] - 0.28 * r, q[1] - 0.36 * r, 0, q[0] - 0.28 * r, q[1] - 0.36 * r, 1.44 * r);
          g.addColorStop(0, css(c3, 0.62)); g.addColorStop(0.55, css(c3, 0)); g.addColorStop(1, css(c3, -0.48));
          pen.beginPath(); pen.arc(q[0], q[1], r, 0, 7); pen.fillStyle = g; pen.fill();
          pen.strokeStyle = css(c3, -0.6); pen.lineWidth = 0.7; pen.stroke();
        });
      }
      function labels() {
        if (!show.axes) { return; }
        var put = [], said = {};
        pen.font = "600 13px " + (getComputedStyle(box).fontFamily || "sans-serif"); pen.textAlign = "center"; pen.textBaseline = "middle";
        data.axes.map(function (a, k) { return k; }).sort(function (i, j) { return (data.axes[j].n || 99) - (data.axes[i].n || 99) || Math.abs(ends[2 * i][1][2]) - Math.abs(ends[2 * j][1][2]); }).forEach(function (k) {
          var a = data.axes[k];
          if (data.axes.length > 7 && said[a.label]) { return; }
          var near = ends[2 * k][1], d = near[2] + 0.3 * near[1] >= 0 ? near : times(-1, near), done = false;
          [d, times(-1, d)].forEach(function (e) {
            if (done) { return; }
            var q = at(times(AXIS, e)), n = Math.hypot(e[0], e[1]) || 1, w = pen.measureText(a.label).width / 2 + 3;
            var x = Math.min(Math.max(q[0] + (13 + w) * e[0] / n, w), side - w), y = Math.min(Math.max(q[1] - 17 * e[1] / n, 9), side - 9);
            if (put.every(function (o) { return Math.abs(o[0] - x) > w + o[2] || Math.abs(o[1] - y) > 14; })) {
              put.push([x, y, w]); said[a.label] = done = true;
              pen.lineWidth = 3; pen.strokeStyle = colours.card; pen.strokeText(a.label, x, y); pen.fillStyle = tone(a); pen.fillText(a.label, x, y);
            }
          });
        });
      }
    }

    function spin(dx, dy) { view = product(turn([0, 1, 0], dx), product(turn([1, 0, 0], dy), view)); view = [unit(view[0]), unit(minus(view[1], times(dot(view[1], unit(view[0])), unit(view[0])))), null]; view[2] = cross(view[0], view[1]); draw(); }
    function enlarge(f) { zoom = Math.min(6, Math.max(0.4, zoom * f)); draw(); }
    function reset() { view = data.view; zoom = 1; moved = null; draw(); }
    var held = null;
    canvas.addEventListener("pointerdown", function (e) { held = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener("pointermove", function (e) { if (held) { spin((e.clientX - held[0]) * 0.01, (e.clientY - held[1]) * 0.01); held = [e.clientX, e.clientY]; } });
    ["pointerup", "pointercancel"].forEach(function (n) { canvas.addEventListener(n, function () { held = null; }); });
    canvas.addEventListener("wheel", function (e) { e.preventDefault(); enlarge(Math.exp(-e.deltaY * 0.0015)); }, { passive: false });
    canvas.addEventListener("dblclick", reset);
    canvas.addEventListener("keydown", function (e) {
      var step = { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, -0.12], ArrowDown: [0, 0.12] }[e.key];
      if (step) { spin(step[0], step[1]); } else if (e.key === "+" || e.key === "=") { enlarge(1.15); } else if (e.key === "-") { enlarge(1 / 1.15); } else if (e.key === "0") { reset(); } else { return; }
      e.preventDefault();
    });
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", still.getAttribute("aria-label") + ". Drag or use the arrow keys to turn it.");

    var bar = document.createElement("div");
    bar.className = "shape-bar";
    [["axes", data.axes.length + (data.centre ? 1 : 0)], ["planes", data.planes.length], ["shape", 1]].forEach(function (entry) {
      if (!entry[1]) { return; }
      var label = document.createElement("label"), tick = document.createElement("input");
      tick.type = "checkbox"; tick.checked = true;
      tick.addEventListener("change", function () { show[entry[0]] = tick.checked; draw(); });
      label.appendChild(tick); label.appendChild(document.createTextNode(" " + entry[0])); bar.appendChild(label);
    });
    var known = operations(data);
    if (known.length) {
      var choice = document.createElement("select"), go = document.createElement("button");
      choice.setAttribute("aria-label", "symmetry operation");
      known.forEach(function (o, i) { var option = document.createElement("option"); option.value = i; option.textContent = o.title; choice.appendChild(option); });
      go.type = "button"; go.textContent = "apply";
      go.addEventListener("click", function () {
        var o = known[choice.value], begun = null, calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
        function step(now) {
          begun = begun === null ? now : begun;
          var t = calm ? 1 : Math.min(1, (now - begun) / 1300);
          moved = t < 1 ? o.at(t * t * (3 - 2 * t)) : null;
          draw();
          if (t < 1) { requestAnimationFrame(step); }
        }
        requestAnimationFrame(step);
      });
      bar.appendChild(choice); bar.appendChild(go);
    }
    holder.insertBefore(canvas, still);
    still.style.display = "none";
    holder.appendChild(bar);
    function again() { measure(); paint(); draw(); }
    again();
    window.addEventListener("resize", again);
    document.addEventListener("toggle", again, true);
    document.addEventListener("click", function (e) { if (e.target.closest && e.target.closest("[data-action=theme]")) { setTimeout(again, 0); } });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  }
  Array.prototype.forEach.call(document.querySelectorAll("[data-shape]"), start);
})();
