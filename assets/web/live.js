// The live bench: asks for the next picture as soon as the last one is drawn, so that nothing queues up.

export class Live {
  /** draw(bitmap, straight) is called for each picture. */
  constructor(draw, trouble) {
    this.draw = draw;
    this.trouble = trouble;
    this.running = false;
    this.shown = 0;
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.start(); });
  }

  start() {
    this.wanted = true;
    if (!this.running) this.loop();
  }

  stop() { this.wanted = false; }

  async loop() {
    let after = 0;
    this.running = true;
    while (this.wanted && !document.hidden) {
      try {
        const response = await fetch(`/api/bench.jpg?after=${after}`, { cache: 'no-store' });
        if (response.status === 200) {
          after = response.headers.get('X-Sequence');
          const bitmap = await createImageBitmap(await response.blob());
          this.draw(bitmap, response.headers.get('X-Straight') === '1');
          this.shown++;
          this.trouble(false);
        } else if (response.status === 204) {
          this.trouble(true); // no new picture for a while: the camera is away
        } else {
          await pause(2000);
        }
      } catch {
        this.trouble(true);
        await pause(2000);
      }
    }
    this.running = false;
  }
}

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
