import asyncio, pytest
from tests.system.core.test_trouble import *
from tests.system.core.conftest import *
from tests.system.conftest import *
async def test_dbg(shop, database):
    shop.gateways["stripe"].delay_s=0.02
    import logging,structlog
    async def insist(key):
        seen=[]
        for _ in range(60):
            status, body,_,_=await shop.create(key)
            seen.append((status, body.get("error",{}).get("code"), round(asyncio.get_running_loop().time(),1)))
            if status in (201,202,402): return key,seen,status
            await asyncio.sleep(0.2)
        return key,seen,0
    answers,_=await asyncio.gather(asyncio.gather(*(insist(f"k{n}") for n in range(60))), kill_backends(database,6))
    for k,s,st in answers:
        if st!=201:
            print(k,st,s[:3],s[-1])
            with database.connect() as c:
                print(c.execute("select state, operation_id, lease_until_us-created_at_us from books.idempotency_keys join pay.idempotency_keys i using(operation_id,state) where i.idempotency_key=%s",(k,)).fetchall() if 0 else c.execute("select k.state,a.state,a.evidence,a.sends from pay.idempotency_keys k left join pay.gateway_attempts a using (operation_id) where idempotency_key=%s",(k,)).fetchall())
    assert 0
