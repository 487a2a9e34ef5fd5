"""Do cohorts meet, who comes, do they talk to each other, and does learning turn into applying and sharing?"""
