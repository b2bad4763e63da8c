"""The live stream: `/stream` in a headless browser, encoded, sent to an RTMP server, recorded."""
