"""What every long-running process needs, one module each: lock, memory, signals, retry, logs, files, …"""
