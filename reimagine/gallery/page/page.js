// Two videos in one player, split by a divider. `before` is kept within half a frame of `after`.
"use strict";
let current = null;  // the article whose player the keys control, unless another one has the focus
for (const article of document.querySelectorAll("article")) {
  const find = (name) => article.querySelector(name);
  const player = find(".player");
  const copy = find(".copy");
  if (copy) copy.addEventListener("click", async () => {
    const code = find(".recipe code");
    try { await navigator.clipboard.writeText(code.textContent); copy.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(code); copy.textContent = "Press Ctrl+C"; }
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  if (!player) continue;
  current ??= article;
  const after = find(".after"), before = find(".before"), play = find(".play");
  const screen = find(".screen"), full = find(".full");
  const seek = find(".seek"), split = find(".split"), time = find(".time"), original = find(".original-sound");
  const frame = 1 / Number(article.dataset.rate);
  const beforeEnded = () => Number.isFinite(before.duration) && after.currentTime >= before.duration - frame / 2;

  const follow = () => {
    if (beforeEnded()) { before.pause(); return; }
    const drift = before.currentTime - after.currentTime;
    if (Math.abs(drift) > frame / 2) {
      // While playing, a small drift is corrected by the playback rate: a seek would be visible.
      if (after.paused || Math.abs(drift) > 4 * frame) before.currentTime = after.currentTime;
      else before.playbackRate = 1 - Math.max(-0.5, Math.min(0.5, drift / (4 * frame)));
    } else before.playbackRate = 1;
    if (!after.paused && before.paused) before.play().catch(() => {});
  };
  const updateTime = () => {
    const t = after.currentTime;
    seek.value = t;
    time.textContent = `${Math.floor(t / 60)}:${(t % 60).toFixed(1).padStart(4, "0")}`;
  };
  const loop = () => { follow(); updateTime(); if (!after.paused) requestAnimationFrame(loop); };

  const start = async () => {
    current = article;
    for (const video of document.querySelectorAll("video.after")) if (video !== after) video.pause();
    before.currentTime = Math.min(after.currentTime, before.duration || after.currentTime);
    await Promise.all([after.play(), beforeEnded() ? null : before.play()]);
    loop();
  };
  // Videos are not loaded until the first playback or seek.
  const preload = () => { for (const video of [after, before]) video.preload = "auto"; };
  const seekTo = (t) => { preload(); after.currentTime = Math.max(0, Math.min(t, after.duration || t)); updateTime(); };
  const step = (count) => { after.pause(); seekTo((Math.round(after.currentTime / frame - 0.5) + count + 0.5) * frame); };

  const toggle = () => { if (after.paused) start().catch(() => {}); else after.pause(); };
  const toggleFull = () => { if (document.fullscreenElement) document.exitFullscreen(); else screen.requestFullscreen().catch(() => {}); };
  play.addEventListener("click", toggle);
  full.addEventListener("click", toggleFull);
  full.hidden = !document.fullscreenEnabled;
  for (const [name, pressed] of [["play", true], ["pause", false]]) {
    after.addEventListener(name, () => {
      play.textContent = pressed ? "Pause" : "Play";
      play.setAttribute("aria-pressed", pressed);
      if (!pressed) { before.pause(); before.playbackRate = 1; follow(); }
    });
  }
  before.addEventListener("loadedmetadata", follow);
  after.addEventListener("seeked", () => { follow(); updateTime(); });
  after.addEventListener("ended", () => before.pause());
  seek.addEventListener("input", () => seekTo(Number(seek.value)));
  // A click plays or pauses; only a drag moves the divider.
  let press = null;
  split.addEventListener("pointerdown", (event) => { press = { x: event.clientX, value: split.value, moved: false }; });
  split.addEventListener("pointermove", (event) => { if (press && Math.abs(event.clientX - press.x) > 4) press.moved = true; });
  split.addEventListener("pointercancel", () => { press = null; });
  split.addEventListener("input", () => { if (!press || press.moved) player.style.setProperty("--split", `${split.value}%`); });
  split.addEventListener("click", () => {
    if (press && !press.moved) { split.value = press.value; toggle(); }
    press = null;
  });
  find(".previous").addEventListener("click", () => step(-1));
  find(".next").addEventListener("click", () => step(1));
  if (original) original.addEventListener("change", () => { before.muted = !original.checked; after.muted = original.checked; });
  for (const button of article.querySelectorAll(".jump"))
    button.addEventListener("click", () => { seekTo(Number(button.dataset.at) + frame / 2); player.scrollIntoView({ block: "nearest" }); });
  // After a click with the mouse, the keys control the player and not the button.
  for (const button of article.querySelectorAll(".controls button, .jump"))
    button.addEventListener("click", (event) => { if (event.detail) split.focus({ preventScroll: true }); });
  document.addEventListener("keydown", (event) => {
    const own = "button, summary, a, pre, audio, input[type=checkbox]";  // elements that use these keys themselves
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(own)) return;
    const focused = event.target.closest("article");
    if ((focused && focused.querySelector(".player") ? focused : current) !== article) return;
    if (event.key === " ") { event.preventDefault(); toggle(); }
    else if (event.key === "f") toggleFull();
    else if (event.key === ",") step(-1);
    else if (event.key === ".") step(1);
  });
}
