"""How somebody outside may write a path below `/internal/`: every public gateway refuses all of them."""

READY = "internal/health/ready"

SPELLINGS = [
    f"/{READY}",
    f"//{READY}",
    f"///{READY}",
    f"/./{READY}",
    f"/.//{READY}",
    f"/%2e/{READY}",
    f"/x/../{READY}",
    f"/x/%2e%2e/{READY}",
    f"/x/.%2E/{READY}",
    f"/x/..%2f{READY}",
    f"/%2f{READY}",
    f"/%2F%2F{READY}",
    "/internal%2fhealth%2fready",
    "/internal%5chealth/ready",
    "/%69nternal/health/ready",
    "/%49NTERNAL/health/ready",
    "/INTERNAL/health/ready",
    "/Internal/admin/",
    f"/\\{READY}",
    f"/x\\..\\{READY}",
    f"/x/..\\{READY}",
    "/internal",
    "/internal?x=1",
    "/internal;x=1/health/ready",
    f"http://localhost/{READY}",
]
