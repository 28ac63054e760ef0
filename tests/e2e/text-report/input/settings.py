import os

TOKEN = "ghp_{crc62}"
