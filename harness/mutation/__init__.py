"""Small realistic faults in the platform, made by operators on its sources: how many of them does the judge catch?"""
