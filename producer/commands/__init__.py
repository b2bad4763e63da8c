"""The commands of the trainer, one module each; `producer.cli` joins them."""
